internal import Phoenix

/// The transports that `phx doctor` tries, as registries and options name them.
enum TransportName: String, Sendable, Hashable, Codable, CaseIterable {
    case webSocket = "websocket"
    case longPoll = "longpoll"

    /// What people call it.
    var title: String {
        switch self {
        case .webSocket: "WebSocket"
        case .longPoll: "long polling"
        }
    }

    /// The URL of the socket at `base`, which has no suffix, for this transport.
    func url(of base: Endpoint) -> Endpoint {
        var url = base
        url.path += base.path.hasSuffix("/") ? rawValue : "/" + rawValue
        switch self {
        case .webSocket: url.scheme = base.isSecure ? "wss" : "ws"
        case .longPoll: url.scheme = base.isSecure ? "https" : "http"
        }
        return url
    }
}
