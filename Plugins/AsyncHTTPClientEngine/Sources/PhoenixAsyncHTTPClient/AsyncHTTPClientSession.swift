internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import PhoenixKit
internal import PhoenixLongPoll

/// The requests of one connection, over a client of its own, so that nothing is shared and all ends together.
final class AsyncHTTPClientSession: HTTPSession {
    private let client: HTTPClient
    private let words: FailureWords

    init(_ client: HTTPClient, words: FailureWords) {
        self.client = client
        self.words = words
    }

    deinit {
        // A client that was not shut down brings the process down. A second time does nothing.
        close()
    }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        do {
            return try await exchange(request)
        } catch {
            try Task.checkCancellation()
            throw words.error(for: error)
        }
    }

    private func exchange(_ request: HTTPRequest) async throws -> HTTPResponse {
        try Task.checkCancellation()
        let response = try await client.execute(
            HTTPClientRequest(request),
            deadline: .now() + .nanoseconds(request.timeout.clampedNanoseconds)
        )
        var body: [UInt8] = []
        for try await part in response.body {
            guard body.count + part.readableBytes <= request.responseLimit else {
                throw PhoenixError(
                    .limitExceeded,
                    "Expected an answer of at most \(request.responseLimit) bytes, got more; the rest was not read."
                )
            }
            body.append(contentsOf: part.readableBytesView)
        }
        // A body that ends because the task was cancelled is not whole.
        try Task.checkCancellation()
        return HTTPResponse(
            status: Int(response.status.code),
            headers: response.headers.map { HeaderField($0.name.lowercased(), $0.value) },
            body: Bytes(body)
        )
    }

    func close() {
        client.shutdown { _ in }
    }
}

extension HTTPClientRequest {
    fileprivate init(_ request: HTTPRequest) {
        let url = request.url
        let port = url.port.map { ":\($0)" } ?? ""
        self.init(url: "\(url.scheme)://\(url.bracketedHost)\(port)\(url.requestTarget)")
        method = request.method == .get ? .GET : .POST
        for field in request.headers { headers.add(name: field.name, value: field.value) }
        if !headers.contains(name: "accept-encoding") { headers.add(name: "accept-encoding", value: "gzip, deflate") }
        if request.method == .post { body = .bytes(request.body.withUnsafeBytes { ByteBuffer(bytes: $0) }) }
    }
}
