internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import PhoenixKit
internal import PhoenixLongPoll
internal import Synchronization

/// The requests of one connection, over a client of its own, so that nothing is shared and all ends together.
///
/// All of it runs on one event loop: a request changes threads on its way there and on its way back, and no further.
final class AsyncHTTPClientSession: HTTPSession {
    let executor: (any TaskExecutor)?

    private let client: HTTPClient
    private let eventLoop: any EventLoop
    private let words: FailureWords
    private let latest = Mutex<[HTTPRequest.Method: (url: Endpoint, headers: [HeaderField], made: HTTPClient.Request)]>(
        [:])

    /// Requests of a client with this configuration, which keeps to `eventLoop`.
    init(_ configuration: HTTPClient.Configuration, on eventLoop: any EventLoop, words: FailureWords) {
        client = HTTPClient(eventLoopGroup: eventLoop, configuration: configuration)
        self.eventLoop = eventLoop
        executor = EventLoopExecutor(eventLoop)
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
        let exchange = Exchange(limit: request.responseLimit, on: eventLoop)
        let wanted = try prepared(request)
        let deadline = NIODeadline.now() + .nanoseconds(request.timeout.clampedNanoseconds)
        return try await withTaskCancellationHandler {
            try await eventLoop.flatSubmit { [client] in
                exchange.start { client.execute(request: wanted, delegate: exchange, deadline: deadline) }
            }.get()
        } onCancel: {
            eventLoop.execute { exchange.cancel() }
        }
    }

    /// The request as async-http-client wants it; of the same URL and headers as the latest of its method, as a rule.
    private func prepared(_ request: HTTPRequest) throws -> HTTPClient.Request {
        var made: HTTPClient.Request
        if let latest = latest.withLock({ $0[request.method] }), latest.url == request.url,
            latest.headers == request.headers
        {
            made = latest.made
        } else {
            made = try HTTPClient.Request(request)
            latest.withLock { [made] in $0[request.method] = (request.url, request.headers, made) }
        }
        if request.method == .post { made.body = .byteBuffer(request.body.withUnsafeBytes { ByteBuffer(bytes: $0) }) }
        return made
    }

    func close() {
        client.shutdown { _ in }
    }
}

extension HTTPClient.Request {
    /// The request without its body.
    fileprivate init(_ request: HTTPRequest) throws {
        let url = request.url
        let port = url.port.map { ":\($0)" } ?? ""
        var headers = HTTPHeaders()
        for field in request.headers { headers.add(name: field.name, value: field.value) }
        if !headers.contains(name: "accept-encoding") { headers.add(name: "accept-encoding", value: "gzip, deflate") }
        try self.init(
            url: "\(url.scheme)://\(url.bracketedHost)\(port)\(url.requestTarget)",
            method: request.method == .get ? .GET : .POST,
            headers: headers
        )
    }
}
