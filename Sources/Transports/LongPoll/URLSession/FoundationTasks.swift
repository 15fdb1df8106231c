internal import Foundation
internal import PhoenixKit
private import Synchronization

#if canImport(FoundationNetworking)
internal import FoundationNetworking
#endif

/// What a URLSession reports of its tasks: the answers, piece by piece.
///
/// A delegate in place of completion handlers, since only a delegate is asked about redirects and challenges, and hands over a
/// body while it comes.
final class FoundationTasks: NSObject, URLSessionDataDelegate {
    /// A request on its way.
    private struct Exchange {
        /// Nil once the answer is no longer waited for.
        var continuation: CheckedContinuation<HTTPResponse, any Error>?
        let limit: Int
        let host: String
        var head: HTTPResponse?
        var body: [UInt8] = []
        /// Whether the server asked for credentials, after which Foundation ends the task as if cancelled.
        var isChallenged = false

        /// Takes in a part of the body; false when that is more than allowed.
        mutating func take(_ data: Data) -> Bool {
            guard continuation != nil else { return true }
            guard data.count <= limit - body.count else { return false }
            data.withUnsafeBytes { body.append(contentsOf: $0) }
            return true
        }
    }

    private struct State {
        var exchanges: [Int: Exchange] = [:]
        var isClosed = false
        var isFree = false
    }

    private let state = Mutex(State())
    private let places: Places

    init(places: Places) {
        self.places = places
    }

    // MARK: The sender's side

    func add(_ number: Int, _ continuation: CheckedContinuation<HTTPResponse, any Error>, limit: Int, host: String) {
        state.withLock {
            $0.exchanges[number] = Exchange(continuation: continuation, limit: limit, host: host)
        }
    }

    /// Waits no longer for an answer; what comes of it is dropped.
    func abandon(_ number: Int) {
        end(number, .failure(CancellationError()))
    }

    /// Nothing more will be sent.
    ///
    /// The place is free as soon as no request is on its way.
    func close() {
        let isFree = state.withLock { state in
            state.isClosed = true
            state.isFree = state.exchanges.isEmpty
            // Before anything that ends can give the place back, so that the count is never wrong.
            if !state.isFree { places.abandon() }
            return state.isFree
        }
        if isFree { places.free(wasAbandoned: false) }
    }

    private func end(_ number: Int, _ result: Result<HTTPResponse, any Error>) {
        let continuation = state.withLock { state in
            let continuation = state.exchanges[number]?.continuation
            state.exchanges[number]?.continuation = nil
            state.exchanges[number]?.body = []
            return continuation
        }
        continuation?.resume(with: result)
    }

    // MARK: URLSession's side

    func urlSession(
        _ session: URLSession,
        dataTask: URLSessionDataTask,
        didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        let head = (response as? HTTPURLResponse).map(HTTPResponse.init)
        let isTooLarge = state.withLock { state in
            guard let limit = state.exchanges[dataTask.taskIdentifier]?.limit else { return false }
            state.exchanges[dataTask.taskIdentifier]?.head = head
            return response.expectedContentLength > Int64(limit)
        }
        if isTooLarge { end(dataTask.taskIdentifier, .failure(Self.tooLarge)) }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let number = dataTask.taskIdentifier
        // In place: a copy of the exchange would make each part cost as much as all before it.
        let fits = state.withLock { $0.exchanges[number]?.take(data) ?? true }
        if !fits { end(number, .failure(Self.tooLarge)) }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        let (exchange, isFree) = state.withLock { state in
            let exchange = state.exchanges.removeValue(forKey: task.taskIdentifier)
            let isFree = state.isClosed && !state.isFree && state.exchanges.isEmpty
            if isFree { state.isFree = true }
            return (exchange, isFree)
        }
        if isFree { places.free(wasAbandoned: true) }
        guard let exchange, let continuation = exchange.continuation else { return }
        if error == nil || exchange.isChallenged, var response = exchange.head {
            response.body = Bytes(exchange.body)
            continuation.resume(returning: response)
        } else {
            let failure = FoundationFailure(error)
            continuation.resume(throwing: failure.error(host: exchange.host))
        }
    }

    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        didReceive challenge: URLAuthenticationChallenge,
        completionHandler: @escaping (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
    ) {
        #if !canImport(FoundationNetworking)
        if challenge.protectionSpace.authenticationMethod == NSURLAuthenticationMethodServerTrust {
            return completionHandler(.performDefaultHandling, nil)
        }
        #endif
        // Default handling never ends on Linux. The answer has arrived by now; the task ends with an error that says cancelled.
        state.withLock { $0.exchanges[task.taskIdentifier]?.isChallenged = true }
        completionHandler(.rejectProtectionSpace, nil)
    }

    private static let tooLarge = PhoenixError(
        .limitExceeded,
        "Expected an answer within ConnectionLimits.inflatedMessage, got a larger one. Allow more, or send less."
    )
}

extension HTTPResponse {
    /// The head of an answer, its headers sorted by name: Foundation keeps no order.
    fileprivate init(_ response: HTTPURLResponse) {
        let headers = response.allHeaderFields.compactMap { name, value -> HeaderField? in
            guard let name = name as? String, let value = value as? String else { return nil }
            return HeaderField(name.lowercased(), value)
        }
        self.init(status: response.statusCode, headers: headers.sorted { $0.name < $1.name })
    }
}
