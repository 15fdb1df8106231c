/// What a proxy answered in place of opening the way to the server: the cause of a `.proxyRefused`.
public struct ProxyRefusal: Error, Sendable, Hashable {
    /// The HTTP status: 407 where the proxy asks for credentials (of Tinyproxy 401), 403 where it forbids the host or the
    /// port, 501 and 405 where it opens no tunnels, 502 to 504 where it did not reach the server.
    public var status: Int
    /// The response headers in order, names in lower case.
    public var headers: [HeaderField]
    /// The beginning of the body, at most `ConnectionLimits.refusalBody` bytes.
    public var body: Bytes

    /// An answer of these parts.
    public init(status: Int, headers: [HeaderField] = [], body: Bytes = Bytes()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of the first header called `name`, in whatever case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
