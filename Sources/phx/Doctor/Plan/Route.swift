/// A way to the server.
enum Route: String, Sendable, Hashable, Codable {
    case direct, proxy
}
