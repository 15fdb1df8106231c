internal import PhoenixKit

/// What the answer to the first request comes to: a session, or the reason why there is none.
struct Opening: Sendable {
    /// What names the session in all further requests.
    let token: Secret
    /// The headers of the answer, names in lower case.
    let headers: [HeaderField]

    /// Judges the answer to a GET without a token.
    ///
    /// A server opens a session and says so with 410 and a token (`Phoenix.Transports.LongPoll`, `new_session`).
    ///
    /// - Throws: `.upgradeRefused` when the server, or a proxy before it, answers with a status that is a refusal, be it the
    ///   status of HTTP or the one in the body; `.upgradeInvalid` when the answer is no long-poll server's, such as a page of HTML.
    ///   The cause of both is an `UpgradeRefusal`.
    init(_ response: HTTPResponse, limits: ConnectionLimits) throws(PhoenixError) {
        let size = response.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard size <= limits.responseHeaders else {
            throw PhoenixError(
                .limitExceeded,
                "Expected an answer with at most \(limits.responseHeaders) bytes of headers, got \(size).",
                stage: .upgrade
            )
        }
        guard response.status == 200 else {
            throw UpgradeRefusal(response, limits: limits).error
        }
        let answer: Answer
        do {
            answer = try Answer(response.body, messageLimit: limits.message)
        } catch {
            throw Self.invalid("something else: a page of a proxy or of another application", response, limits)
        }
        guard answer.status == 410 else {
            guard 400..<600 ~= answer.status else {
                throw Self.invalid("the status \(answer.status)", response, limits)
            }
            throw UpgradeRefusal(response, status: answer.status, limits: limits).error
        }
        guard let token = answer.token, Self.isToken(token) else {
            throw Self.invalid("a session without a usable token", response, limits)
        }
        self.token = Secret(token)
        headers = response.headers
    }

    /// Whether `text` can stand in a header and a query.
    static func isToken(_ text: String) -> Bool {
        1...8_192 ~= text.utf8.count && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// The error for a proxy of ours that wants to know who we are.
    static func refusal(by proxy: Proxy, _ response: HTTPResponse, limits: ConnectionLimits) -> PhoenixError {
        PhoenixError(
            .proxyRefused,
            "Expected the proxy \(proxy) to pass the request on, but it asks for \(proxy.credentials == nil ? "" : "other ")"
                + "credentials (407). Set the proxy's user and password.",
            cause: ProxyRefusal(
                status: response.status,
                headers: response.headers,
                body: response.body[0..<max(0, limits.refusalBody)].compacted()
            ),
            stage: .connect
        )
    }

    private static func invalid(_ came: String, _ response: HTTPResponse, _ limits: ConnectionLimits) -> PhoenixError {
        PhoenixError(
            .upgradeInvalid,
            "Expected the answer of a Phoenix long-poll server, a session with its token, got \(came). "
                + "Check that the URL leads to a socket, that its longpoll transport is on, and that no proxy answers in its place.",
            cause: UpgradeRefusal(response, limits: limits),
            stage: .upgrade
        )
    }
}
