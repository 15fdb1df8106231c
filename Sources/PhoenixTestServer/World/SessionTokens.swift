private import FoundationEssentials
internal import PhoenixKit

/// Makes and checks the tokens of long-poll sessions: a random name, signed, so that a token that was given out is told
/// from garbage even when its session has ended, as with `Phoenix.Token`.
struct SessionTokens {
    private let key: [UInt8]

    /// Servers with the same secret take each other's tokens for genuine; without one it is random.
    init(secret: Secret?) {
        var generator = SystemRandomNumberGenerator()
        key = secret.map { Array($0.revealed.utf8) } ?? Self.random(32, using: &generator)
    }

    /// The name of a new session, and its token.
    func issue() -> (name: [UInt8], token: String) {
        var generator = SystemRandomNumberGenerator()
        let name = Self.random(16, using: &generator)
        return (name, token(for: name))
    }

    /// The name of the session that a token was given out for, or nil when it is none of this server's.
    func verify(_ token: String) -> [UInt8]? {
        guard let name = Self.decode(token.prefix { $0 != "." }) else { return nil }
        let expected = self.token(for: name).utf8
        guard token.utf8.count == expected.count else { return nil }
        // All bytes are looked at, so that the time tells nothing.
        let difference = zip(token.utf8, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
        return difference == 0 ? name : nil
    }

    private func token(for name: [UInt8]) -> String {
        Self.encode(name) + "." + Self.encode(HMAC.sha1(key: key, message: name))
    }

    private static func random(_ count: Int, using generator: inout SystemRandomNumberGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func decode(_ text: Substring) -> [UInt8]? {
        var text = text.replacing("-", with: "+").replacing("_", with: "/")
        while text.utf8.count % 4 != 0 { text.append("=") }
        return Data(base64Encoded: String(text)).map { Array($0) }
    }
}
