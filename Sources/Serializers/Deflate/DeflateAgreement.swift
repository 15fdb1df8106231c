/// What the two ends of a connection agreed on: the parameters of the server's answer (RFC 7692 section 7.1).
public struct DeflateAgreement: Sendable, Hashable {
    /// Whether the server compresses every message on its own.
    public var serverNoContextTakeover: Bool
    /// Whether the client compresses every message on its own.
    public var clientNoContextTakeover: Bool
    /// The server's window; nil when the answer does not name it, which means 15 bits.
    public var serverMaxWindowBits: WindowBits?
    /// The client's window; nil when the answer does not name it, which means 15 bits.
    public var clientMaxWindowBits: WindowBits?

    /// An agreement of these parts.
    public init(
        serverNoContextTakeover: Bool = false,
        clientNoContextTakeover: Bool = false,
        serverMaxWindowBits: WindowBits? = nil,
        clientMaxWindowBits: WindowBits? = nil
    ) {
        self.serverNoContextTakeover = serverNoContextTakeover
        self.clientNoContextTakeover = clientNoContextTakeover
        self.serverMaxWindowBits = serverMaxWindowBits
        self.clientMaxWindowBits = clientMaxWindowBits
    }

    /// The server's answer, for `Sec-WebSocket-Extensions`.
    ///
    /// The parameters come in the order in which Bandit writes them; Bandit's separator is `;`, Cowboy's `; `.
    public func answer(separator: String = "; ") -> String {
        var parts = [PermessageDeflate.name]
        if serverNoContextTakeover { parts.append("server_no_context_takeover") }
        if clientNoContextTakeover { parts.append("client_no_context_takeover") }
        if let serverMaxWindowBits { parts.append("server_max_window_bits=\(serverMaxWindowBits.rawValue)") }
        if let clientMaxWindowBits { parts.append("client_max_window_bits=\(clientMaxWindowBits.rawValue)") }
        return parts.joined(separator: separator)
    }
}
