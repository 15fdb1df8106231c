public import PhoenixKit

/// A plain HTTP response.
public struct SiteResponse: Sendable, Hashable {
    /// The HTTP status.
    public var status: Int
    /// Headers beyond those that every response has (`content-length`, `date`, `vary`, `cache-control`).
    public var headers: [HeaderField]
    /// The body.
    public var body: Bytes

    /// A response of these parts.
    public init(status: Int, headers: [HeaderField] = [], body: Bytes = Bytes()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A response in JSON, from text that is JSON already.
    public static func json(_ text: String, status: Int = 200) -> SiteResponse {
        SiteResponse(
            status: status,
            headers: [HeaderField("content-type", "application/json; charset=utf-8")],
            body: Bytes(text)
        )
    }

    /// A response in plain text.
    public static func text(_ text: String, status: Int = 200) -> SiteResponse {
        SiteResponse(
            status: status,
            headers: [HeaderField("content-type", "text/plain; charset=utf-8")],
            body: Bytes(text)
        )
    }

    /// What a proxy answers that cannot or will not pass a request on: a page of HTML.
    public static func errorPage(status: Int, headers: [HeaderField] = []) -> SiteResponse {
        SiteResponse(
            status: status,
            headers: [HeaderField("content-type", "text/html")] + headers,
            body: Bytes("<html><head><title>\(status)</title></head><body><h1>\(status)</h1><hr>proxy</body></html>\n")
        )
    }

    /// What Phoenix answers over long polling: HTTP 200, and `status` in the body.
    public static func protocolStatus(_ status: Int) -> SiteResponse {
        LongPollAnswer.status(status)
    }

    /// What Phoenix answers when a handler raises.
    static let serverError = SiteResponse.json(#"{"errors":{"detail":"Internal Server Error"}}"#, status: 500)
    /// What Phoenix answers to a body over its limit.
    static let badRequest = SiteResponse.json(#"{"errors":{"detail":"Bad Request"}}"#, status: 400)
    /// What the recorded server answers for an unknown path.
    static let notFound = SiteResponse.json(#"{"error":"not found"}"#, status: 404)
}
