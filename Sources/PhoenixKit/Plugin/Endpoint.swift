/// A URL of a Phoenix socket: scheme, host, port, path and query.
///
/// Parsed strictly (RFC 3986): what is not understood is refused, not guessed. User information is refused because it
/// would end up in logs; send it as a header.
public struct Endpoint: Sendable, Hashable {
    /// The scheme in lower case, such as `wss`.
    public var scheme: String
    /// The host: a name, an IPv4 address, or an IPv6 address without brackets.
    public var host: String
    /// The port, where the URL names one.
    public var port: UInt16?
    /// The path, percent-encoded as given; empty or starting with `/`.
    public var path: String
    /// The query, percent-encoded, without the `?`; nil when there is none.
    public var query: String?

    /// An endpoint of these parts.
    public init(scheme: String, host: String, port: UInt16? = nil, path: String, query: String? = nil) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        self.query = query
    }

    /// Parses `text`.
    ///
    /// - Throws: `PhoenixError` with the code `.invalidURL`, which names the part that is wrong.
    public init(_ text: String) throws(PhoenixError) {
        func refuse(_ expected: String, _ came: String) -> PhoenixError {
            PhoenixError(
                .invalidURL,
                "Expected a URL such as wss://example.org/socket/websocket with \(expected), got \(came)."
            )
        }
        let bytes = Array(text.utf8)
        guard bytes.count <= 16_384 else { throw refuse("at most 16,384 bytes", "\(bytes.count) bytes") }
        if let bad = bytes.first(where: { $0 <= 0x20 || $0 >= 0x7F || #""<>\^`{|}"#.utf8.contains($0) }) {
            throw refuse("percent-encoding for everything but plain ASCII", "the byte \(bad)")
        }
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            throw refuse("a scheme before ://", "none")
        }
        let scheme = text[..<colon].lowercased()
        guard let first = scheme.utf8.first, UInt8(ascii: "a")...UInt8(ascii: "z") ~= first,
            scheme.utf8.allSatisfy({ Self.isSchemeByte($0) })
        else { throw refuse("a scheme of letters and digits", "another") }

        var rest = text[colon...].dropFirst(3)
        if let hash = rest.firstIndex(of: "#") { rest = rest[..<hash] }
        var query: String?
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash]
        guard !authority.contains("@") else {
            throw refuse("no user information before the host", "some; send it as a header")
        }
        let (host, portText) = try Self.split(authority) { refuse($0, $1) }
        guard !host.isEmpty else { throw refuse("a host", "none") }
        var port: UInt16?
        if let portText, !portText.isEmpty {
            guard portText.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
                let number = UInt16(portText), number > 0
            else { throw refuse("a port from 1 to 65535", "another") }
            port = number
        }
        self.init(scheme: scheme, host: host, port: port, path: String(rest[slash...]), query: query)
    }

    /// The last component of the path, which names the transport; nil when the path ends with `/` or is empty.
    public var lastPathComponent: String? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        let component = path[path.index(after: slash)...]
        return component.isEmpty ? nil : String(component)
    }

    /// Whether the scheme asks for TLS.
    public var isSecure: Bool { scheme == "wss" || scheme == "https" }

    /// The host as it stands in a URL: an IPv6 address in brackets.
    public var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }

    /// The URL with the names of its query's parameters but not their values, which may be secrets.
    public var redacted: String {
        let names = queryItems.map { $0.name + "=…" }.joined(separator: "&")
        let port = port.map { ":\($0)" } ?? ""
        return "\(scheme)://\(bracketedHost)\(port)\(path)\(names.isEmpty ? "" : "?" + names)"
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    private static func split(
        _ authority: Substring,
        refuse: (String, String) -> PhoenixError
    ) throws(PhoenixError) -> (host: String, port: Substring?) {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw refuse("a ] after the IPv6 address", "none") }
            let host = authority[authority.index(after: authority.startIndex)..<end]
            guard host.contains(":"), host.utf8.allSatisfy({ isAddressByte($0) }) else {
                throw refuse("an IPv6 address in brackets", "something else")
            }
            let tail = authority[authority.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { throw refuse("a port after the ]", "something else") }
            return (String(host), tail.isEmpty ? nil : tail.dropFirst())
        }
        guard let colon = authority.firstIndex(of: ":") else { return (String(authority), nil) }
        let port = authority[authority.index(after: colon)...]
        guard !port.contains(":") else { throw refuse("IPv6 addresses in brackets", "one without") }
        return (String(authority[..<colon]), port)
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        case UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: ":"), UInt8(ascii: "."): true
        default: false
        }
    }
}

extension Endpoint: CustomStringConvertible {
    /// The URL without the values of its query's parameters.
    public var description: String { redacted }
}
