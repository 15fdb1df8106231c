/// A user's name and password for a proxy, sent by the Basic scheme (RFC 7617).
public struct ProxyCredentials: Sendable, Hashable {
    /// The user's name.
    public var user: String
    /// The password.
    public var password: Secret

    /// Credentials of `user`.
    public init(user: String, password: Secret) {
        self.user = user
        self.password = password
    }

    /// Parses the part of a URL before the `@`; without a colon the password is empty.
    init(userInformation text: Substring) throws(PhoenixError) {
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        guard let user = Self.decoded(text[..<colon]), let password = Self.decoded(text[colon...].dropFirst()) else {
            throw Proxy.refuse("user and password percent-encoded", "a % that no two hex digits follow, or no UTF-8")
        }
        self.init(user: user, password: Secret(password))
    }

    /// Refuses what the Basic scheme cannot carry (RFC 7617 section 2): a colon in the name, control characters.
    func check() throws(PhoenixError) {
        let isPlain = { (text: String) in text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
        guard !user.contains(":"), isPlain(user), isPlain(password.revealed) else {
            throw PhoenixError(
                .invalidOption,
                "Expected a proxy's user without a colon, and neither user nor password with control characters, got "
                    + "another. Proxies cannot be told such (RFC 7617); ask for other credentials."
            )
        }
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(Self.digit), let low = rest.popFirst().flatMap(Self.digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension ProxyCredentials: CustomStringConvertible, CustomReflectable {
    public var description: String { "<secret>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
