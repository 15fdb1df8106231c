private import FoundationEssentials
internal import PhoenixKit

/// The opening handshake of RFC 6455 section 4.2, in the words of Bandit.
enum Handshake {
    /// What is wrong with an upgrade request, or nil when nothing is.
    static func complaint(about request: SiteRequest) -> String? {
        if request.values("host").isEmpty { return "'host' header is absent" }
        if !contains("upgrade", in: request, "connection") {
            return "'connection' header must contain 'upgrade', got \(list(request.values("connection")))"
        }
        if !contains("websocket", in: request, "upgrade") {
            return "'upgrade' header must contain 'websocket', got \(list(request.values("upgrade")))"
        }
        let versions = request.values("sec-websocket-version")
        let key = request.values("sec-websocket-key")
        if versions == ["13"] { return key.isEmpty ? "'sec-websocket-key' header is absent" : nil }
        return "'sec-websocket-version' header must equal '13', got \(list(versions))"
    }

    private static func contains(_ word: String, in request: SiteRequest, _ header: String) -> Bool {
        request.list(header).contains { $0.lowercased() == word }
    }

    private static func list(_ values: [String]) -> String {
        "[" + values.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
    }

    /// The value of `Sec-WebSocket-Accept` for a key.
    static func accept(for key: String) -> String {
        Data(SHA1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))).base64EncodedString()
    }
}
