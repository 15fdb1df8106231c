private import FoundationEssentials
internal import PhoenixKit

/// What a socket with `auth_token: true` makes of `Sec-WebSocket-Protocol` (Phoenix.Transports.WebSocket,
/// Phoenix.Socket.Transport.check_subprotocols).
enum Subprotocols {
    /// The subprotocol to answer with, and the token.
    case accepted(echo: String?, token: Secret?)
    /// Only subprotocols that the server does not know: 403.
    case unknown
    /// A token that is not base64: 500, because Phoenix decodes it with `decode64!`.
    case invalidToken

    private static let prefix = "base64url.bearer.phx."

    init(_ header: String?) {
        guard let header else {
            self = .accepted(echo: nil, token: nil)
            return
        }
        let offered = header.split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        let tokens = offered.filter { $0.hasPrefix(Self.prefix) }
        var names = offered
        var token: Secret?
        // With more than one token Phoenix reads none.
        if tokens.count == 1 {
            guard let decoded = Self.decode(tokens[0].dropFirst(Self.prefix.count)) else {
                self = .invalidToken
                return
            }
            token = Secret(decoded)
            names = offered.filter { !$0.hasPrefix(Self.prefix) }
        }
        if names.isEmpty {
            self = .accepted(echo: nil, token: token)
        } else if names.contains("phoenix") {
            self = .accepted(echo: "phoenix", token: token)
        } else {
            self = .unknown
        }
    }

    /// Standard base64, its padding optional; the URL-safe alphabet is refused in spite of the prefix's name.
    private static func decode(_ text: Substring) -> String? {
        var text = String(text)
        while text.utf8.count % 4 != 0 { text.append("=") }
        return Data(base64Encoded: text).map { String(decoding: $0, as: UTF8.self) }
    }
}
