internal import NIOSSL
internal import PhoenixKit
internal import PhoenixLongPoll
internal import Testing

@testable internal import PhoenixAsyncHTTPClient

/// Lets an engine's session meet a scripted server: `serve` runs beside `body`.
func meet<Result: Sendable>(
    _ engine: AsyncHTTPClientEngine = AsyncHTTPClientEngine(),
    proxy: ProxySettings = .none,
    tls: NIOSSLContext? = nil,
    serve: @escaping @Sendable (ScriptedPeer) async throws -> Void,
    body: (any HTTPSession, ScriptedPeer) async throws -> Result
) async throws -> Result {
    try await ScriptedPeer.run(tls: tls) { peer in
        async let served: Void = serve(peer)
        let session = try await engine.open(
            HTTPSessionRequest(
                url: Endpoint(scheme: tls == nil ? "http" : "https", host: "localhost", port: peer.port, path: "/"),
                connectTimeout: .seconds(30),
                proxy: proxy
            )
        )
        do {
            let result = try await body(session, peer)
            session.close()
            try await served
            return result
        } catch {
            session.close()
            try? await served
            throw error
        }
    }
}

extension ScriptedPeer {
    /// A request for this peer.
    func request(
        _ method: HTTPRequest.Method = .get,
        scheme: String = "http",
        host: String = "localhost",
        path: String = "/socket/longpoll",
        query: String? = "token=s3cret",
        headers: [HeaderField] = [],
        body: Bytes = Bytes(),
        timeout: Duration = .seconds(60),
        limit: Int = 1_000_000
    ) -> HTTPRequest {
        HTTPRequest(
            method: method,
            url: Endpoint(scheme: scheme, host: host, port: port, path: path, query: query),
            headers: headers,
            body: body,
            timeout: timeout,
            responseLimit: limit
        )
    }
}

extension PeerConnection {
    /// Answers with a whole response.
    func answer(_ status: Int = 200, _ headers: [String] = [], _ body: String = "") async throws {
        let lines = ["HTTP/1.1 \(status) Whatever", "Content-Length: \(body.utf8.count)"] + headers
        try await send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }
}

/// The error that `body` throws, which must be one of ours and show no secret.
func failure(_ body: () async throws -> HTTPResponse) async throws -> PhoenixError {
    do {
        let response = try await body()
        Issue.record("expected an error, got status \(response.status)")
        throw CancellationError()
    } catch let error as PhoenixError {
        var text = "\(error) \(error.message)"
        dump(error, to: &text)
        for secret in ["s3cret", "hunter2", "c2VzYW1lOmh1bnRlcjI="] { #expect(!text.contains(secret), "\(error)") }
        return error
    }
}
