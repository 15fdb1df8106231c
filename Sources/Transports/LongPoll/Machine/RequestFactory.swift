internal import PhoenixKit

/// Writes the requests of one connection.
///
/// All carry the query of the URL, as phoenix.js does: a balancer may decide by it.
struct RequestFactory: Sendable {
    /// Beyond the transport's own deadline, so that an engine's backstop never comes first.
    private static let backstop = Duration.seconds(10)

    private let url: Endpoint
    private let headers: [HeaderField]
    private let authToken: Secret?
    private let tokenPlace: LongPollTransport.TokenPlace
    private let responseLimit: Int

    /// Refuses what must not be sent.
    ///
    /// - Throws: `.invalidURL` for a URL that cannot stand in a request, `.invalidOption` for headers that break HTTP or that
    ///   the transport writes itself.
    init(_ request: ConnectionRequest, tokenPlace: LongPollTransport.TokenPlace) throws(PhoenixError) {
        let url = request.url
        guard url.scheme == "http" || url.scheme == "https" else {
            throw PhoenixError(.invalidURL, "Expected a URL with the scheme http or https, got \(url.scheme).")
        }
        guard url.requestTarget.hasPrefix("/"),
            url.requestTarget.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }),
            !url.host.isEmpty, url.host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/?#@[]\\".utf8.contains($0) })
        else {
            throw PhoenixError(
                .invalidURL,
                "Expected a URL with a host, a path from / on and everything else percent-encoded, got another."
            )
        }
        try Self.check(request.headers)
        if let token = request.authToken?.revealed, !HeaderRules.isValue(token) {
            throw PhoenixError(
                .invalidOption,
                "Expected an auth token without control characters, since it travels in a header, got another."
            )
        }
        self.url = url
        self.tokenPlace = tokenPlace
        headers = request.headers
        authToken = request.authToken
        responseLimit = max(0, request.limits.inflatedMessage)
    }

    /// The GET that asks for a session.
    ///
    /// It names no token: of a parameter given twice a server takes the last, and would not see the caller's own
    /// parameter `token` (phoenix.js sends `token=null`).
    func opening(within limit: Duration) -> HTTPRequest {
        request(.get, token: nil, [HeaderField("accept", "application/json")] + auth, Bytes(), limit)
    }

    /// The GET that waits for messages.
    func poll(_ token: Secret, within limit: Duration) -> HTTPRequest {
        request(.get, token: token, [HeaderField("accept", "application/json")] + auth, Bytes(), limit)
    }

    /// The POST that brings messages.
    func post(_ batch: OutgoingQueue.Batch, _ token: Secret, within limit: Duration) -> HTTPRequest {
        let type = HeaderField("content-type", batch.contentType)
        return request(.post, token: token, [type, HeaderField("accept", "application/json")], batch.body, limit)
    }

    private func request(
        _ method: HTTPRequest.Method,
        token: Secret?,
        _ own: [HeaderField],
        _ body: Bytes,
        _ limit: Duration
    ) -> HTTPRequest {
        var url = url
        var own = own
        if let token {
            if tokenPlace == .queryAndHeader { url = url.appending([QueryItem("token", token.revealed)]) }
            own.append(HeaderField("x-phoenix-longpoll-token", token.revealed))
        }
        return HTTPRequest(
            method: method,
            url: url,
            headers: own + headers,
            body: body,
            timeout: limit + Self.backstop,
            responseLimit: responseLimit
        )
    }

    /// The auth token of Phoenix 1.8, in clear, with every GET (`Phoenix.Transports.LongPoll`, phoenix.js).
    private var auth: [HeaderField] {
        authToken.map { [HeaderField("x-phoenix-authtoken", $0.revealed)] } ?? []
    }

    private static let ownHeaders: Set = [
        "accept", "accept-encoding", "connection", "content-length", "content-type", "transfer-encoding",
        "x-phoenix-authtoken", "x-phoenix-longpoll-token",
    ]

    private static func check(_ fields: [HeaderField]) throws(PhoenixError) {
        for field in fields {
            guard HeaderRules.isToken(field.name), HeaderRules.isValue(field.value) else {
                throw PhoenixError(
                    .invalidOption,
                    "Expected headers with a token for a name and no control characters in the value, got another."
                )
            }
            guard !ownHeaders.contains(field.name.lowercased()) else {
                throw PhoenixError(
                    .invalidOption,
                    "Expected headers that leave the requests alone, got \(field.name); the transport writes it itself."
                )
            }
        }
    }
}
