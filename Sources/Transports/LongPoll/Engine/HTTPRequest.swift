public import PhoenixKit

/// One HTTP request of a long-poll transport.
public struct HTTPRequest: Sendable {
    /// The methods a long-poll transport uses.
    public enum Method: String, Sendable, Hashable {
        /// GET: a poll.
        case get = "GET"
        /// POST: messages.
        case post = "POST"
    }

    /// GET or POST.
    public var method: Method
    /// The complete URL, percent-encoded.
    public var url: Endpoint
    /// The headers in order.
    ///
    /// Names and values have been checked; values may be secrets.
    public var headers: [HeaderField]
    /// The body of a POST; empty for a GET.
    public var body: Bytes
    /// When an engine should give up by itself, for whatever the transport's own deadline does not reach.
    ///
    /// Later than that deadline.
    public var timeout: Duration
    /// The largest body of an answer that may be taken in, after decoding.
    ///
    /// An engine stops to keep what it receives as soon as there is more, and throws `.limitExceeded`.
    public var responseLimit: Int

    /// A request of these parts.
    public init(
        method: Method,
        url: Endpoint,
        headers: [HeaderField] = [],
        body: Bytes = Bytes(),
        timeout: Duration,
        responseLimit: Int
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.responseLimit = responseLimit
    }
}

extension HTTPRequest {
    /// Whether the other differs in the body at most.
    func isLike(_ other: HTTPRequest) -> Bool {
        method == other.method && timeout == other.timeout && url == other.url && headers == other.headers
    }
}

extension HTTPRequest: CustomStringConvertible {
    /// The method and the URL without the values of its query's parameters.
    public var description: String { "\(method.rawValue) \(url.redacted)" }
}
