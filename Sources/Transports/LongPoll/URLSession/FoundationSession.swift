internal import Foundation
internal import PhoenixKit
private import Synchronization

#if canImport(FoundationNetworking)
internal import FoundationNetworking
#endif

/// The requests of one connection over a URLSession of its own, so that nothing is shared and all ends together.
final class FoundationSession: HTTPSession {
    private let session: URLSession
    private let tasks: FoundationTasks
    /// What Foundation made of the latest request of each method; the next one differs in its body alone, as a rule.
    private let latest = Mutex<[HTTPRequest.Method: (of: HTTPRequest, made: URLRequest)]>([:])
    let executor: (any TaskExecutor)?

    init(places: Places, proxy: FoundationProxy) {
        let configuration = URLSessionConfiguration.ephemeral
        // On Linux even an ephemeral session keeps cookies unless told not to.
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.httpCookieAcceptPolicy = .never
        configuration.urlCache = nil
        configuration.urlCredentialStorage = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        proxy.apply(to: configuration)
        tasks = FoundationTasks(places: places)
        let operations = DelegateQueue(label: "phoenix.longpoll.urlsession")
        executor = QueueExecutor(operations.queue)
        session = URLSession(configuration: configuration, delegate: tasks, delegateQueue: operations)
    }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        try Task.checkCancellation()
        let task = session.dataTask(with: try urlRequest(for: request))
        let number = task.taskIdentifier
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                tasks.add(number, continuation, limit: request.responseLimit, host: request.url.host)
                task.resume()
                if Task.isCancelled { abandon(number) }
            }
        } onCancel: {
            abandon(number)
        }
    }

    private func urlRequest(for request: HTTPRequest) throws -> URLRequest {
        var made: URLRequest
        if let latest = latest.withLock({ $0[request.method] }), latest.of.isLike(request) {
            made = latest.made
        } else {
            guard let new = URLRequest(request) else {
                throw PhoenixError(
                    .invalidURL,
                    "Expected a URL that URLSession takes, got another: \(request.url.redacted). Correct it."
                )
            }
            made = new
            var request = request
            request.body = Bytes()
            latest.withLock { [request, made] in $0[request.method] = (request, made) }
        }
        if request.method == .post { made.httpBody = request.body.withUnsafeBytes { Data($0) } }
        return made
    }

    private func abandon(_ number: Int) {
        tasks.abandon(number)
    }

    func close() {
        tasks.close()
        #if canImport(FoundationNetworking)
        session.finishTasksAndInvalidate()
        #else
        session.invalidateAndCancel()
        #endif
    }
}

extension URLRequest {
    /// The request without its body; nil when Foundation does not take the URL.
    fileprivate init?(_ request: HTTPRequest) {
        let url = request.url
        let port = url.port.map { ":\($0)" } ?? ""
        guard let parsed = URL(string: "\(url.scheme)://\(url.bracketedHost)\(port)\(url.requestTarget)") else {
            return nil
        }
        self.init(url: parsed)
        cachePolicy = .reloadIgnoringLocalCacheData
        // On Linux fractions are cut off, a limit of zero is over at once, and one given to the initializer is ignored.
        timeoutInterval = Double(min(max(request.timeout.components.seconds + 1, 1), 86_400))
        httpMethod = request.method.rawValue
        httpShouldHandleCookies = false
        for field in request.headers { addValue(field.value, forHTTPHeaderField: field.name) }
    }
}
