/// An HTTP proxy: where it is, and who we are to it.
///
/// The way to the proxy itself is plain HTTP. What is private goes through it in a tunnel of TLS (`CONNECT`, RFC 9110
/// section 9.3.6), which the proxy cannot read; the credentials for the proxy do cross that first stretch in clear.
public struct Proxy: Sendable, Hashable {
    /// The proxy's host: a name, or an IP address without brackets.
    public var host: String
    /// The proxy's port.
    public var port: UInt16
    /// What the proxy is shown, where it asks for it; nil for proxies that do not.
    public var credentials: ProxyCredentials?

    /// A proxy at `host` and `port`.
    public init(host: String, port: UInt16, credentials: ProxyCredentials? = nil) {
        self.host = host
        self.port = port
        self.credentials = credentials
    }

    /// Parses a proxy's URL, such as `http://user:password@proxy.example.org:3128`.
    ///
    /// The scheme may be left out, as in `proxy.example.org:3128`; the port is 80 when it is left out, which is the scheme's
    /// own (curl takes 1080). User and password are percent-decoded. No error holds any part of the text.
    ///
    /// - Throws: `PhoenixError` with `.invalidURL` when the text is no such URL, `.invalidOption` for a proxy of a kind
    ///   that is not supported: one that speaks SOCKS, or HTTP over TLS.
    public init(_ url: String) throws(PhoenixError) {
        var scheme = "http"
        var rest = url[...]
        if let mark = url.firstRange(of: "://") {
            scheme = url[..<mark.lowerBound].lowercased()
            rest = url[mark.upperBound...]
        }
        guard scheme == "http" else { throw Self.unsupported(scheme) }
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        guard rest[end...].isEmpty || rest[end...] == "/" else {
            throw Self.refuse("nothing after the port", "a path, a query or a / in the password; write that one as %2F")
        }
        let authority = rest[..<end]
        var address = String(authority)
        var credentials: ProxyCredentials?
        // A password with an @ of its own has been seen; the last one ends it (as in curl).
        if let at = authority.lastIndex(of: "@") {
            credentials = try ProxyCredentials(userInformation: authority[..<at])
            address = String(authority[authority.index(after: at)...])
        }
        let endpoint: Endpoint
        do {
            endpoint = try Endpoint("http://" + address)
        } catch {
            throw Self.refuse("a host and a port", "another authority")
        }
        self.init(host: endpoint.host, port: endpoint.port ?? 80, credentials: credentials)
        try check()
    }

    /// Refuses what cannot be sent to a proxy, however it came here.
    func check() throws(PhoenixError) {
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/?#@[]\\%".utf8.contains($0) }),
            port > 0
        else {
            throw Self.refuse("a host name or an IP address, and a port from 1 to 65535", "another host or port")
        }
        try credentials?.check()
    }

    static func refuse(_ expected: String, _ came: String) -> PhoenixError {
        PhoenixError(
            .invalidURL,
            "Expected a proxy such as http://user:password@proxy.example.org:3128 with \(expected), got \(came)."
        )
    }

    private static func unsupported(_ scheme: String) -> PhoenixError {
        let came =
            switch scheme {
            case "https": "https, a proxy that itself speaks TLS"
            case "socks", "socks4", "socks4a", "socks5", "socks5h": "\(scheme), a SOCKS proxy"
            default: "another scheme"
            }
        return PhoenixError(
            .invalidOption,
            "Expected an HTTP proxy with the scheme http, got \(came). Only http:// is supported; the TLS of wss and https "
                + "goes through it all the same. Name the proxy's HTTP port, or set the proxy to none."
        )
    }
}

extension Proxy: CustomStringConvertible, CustomReflectable {
    /// Host and port, and whether there are credentials.
    public var description: String {
        "http://\(credentials == nil ? "" : "…@")\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    public var customMirror: Mirror { Mirror(self, children: ["host": host, "port": port]) }
}
