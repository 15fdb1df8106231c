internal import PhoenixKit
internal import PhoenixLongPoll
internal import Synchronization

/// An engine whose requests wait until the test answers them.
final class ScriptedEngine: HTTPEngine {
    private struct State {
        var requests: [ScriptedRequest] = []
        var waiters: [(HTTPRequest.Method, CheckedContinuation<ScriptedRequest, Never>)] = []
        var openSessions = 0
        var sessions = 0
        var all: [ScriptedRequest] = []
    }

    private let state = Mutex(State())

    private let executor: (any TaskExecutor)?
    private let onSend: @Sendable () -> Void

    /// An engine that names this executor, and does `onSend` where a request is made.
    init(executor: (any TaskExecutor)? = nil, onSend: @escaping @Sendable () -> Void = {}) {
        self.executor = executor
        self.onSend = onSend
    }

    let name = "scripted"
    let capabilities = HTTPEngineCapabilities()

    /// How many sessions are open.
    var openSessions: Int { state.withLock { $0.openSessions } }
    /// How many sessions there were.
    var sessionCount: Int { state.withLock { $0.sessions } }
    /// All requests so far, in order.
    var all: [ScriptedRequest] { state.withLock { $0.all } }

    func open(_ request: HTTPSessionRequest) async throws -> any HTTPSession {
        state.withLock {
            $0.openSessions += 1
            $0.sessions += 1
        }
        return Session(engine: self, executor: executor)
    }

    /// Waits for the next request of `method` that nobody has taken.
    func next(_ method: HTTPRequest.Method) async -> ScriptedRequest {
        await withCheckedContinuation { continuation in
            let request = state.withLock { state -> ScriptedRequest? in
                if let index = state.requests.firstIndex(where: { $0.request.method == method }) {
                    return state.requests.remove(at: index)
                }
                state.waiters.append((method, continuation))
                return nil
            }
            if let request { continuation.resume(returning: request) }
        }
    }

    private func add(_ request: ScriptedRequest) {
        let waiter = state.withLock { state -> CheckedContinuation<ScriptedRequest, Never>? in
            state.all.append(request)
            guard let index = state.waiters.firstIndex(where: { $0.0 == request.request.method }) else {
                state.requests.append(request)
                return nil
            }
            return state.waiters.remove(at: index).1
        }
        waiter?.resume(returning: request)
    }

    private struct Session: HTTPSession {
        let engine: ScriptedEngine
        let executor: (any TaskExecutor)?

        func send(_ request: HTTPRequest) async throws -> HTTPResponse {
            let scripted = ScriptedRequest(request)
            engine.onSend()
            engine.add(scripted)
            return try await scripted.response()
        }

        func close() {
            engine.state.withLock { $0.openSessions -= 1 }
        }
    }
}

/// A request that waits for its answer.
final class ScriptedRequest: Sendable {
    private enum State {
        case waiting(CheckedContinuation<HTTPResponse, any Error>?)
        case answered(Result<HTTPResponse, any Error>)
    }

    let request: HTTPRequest
    private let state = Mutex(State.waiting(nil))
    private let cancelled = Mutex(false)

    init(_ request: HTTPRequest) {
        self.request = request
    }

    /// Whether the transport gave the request up.
    var isCancelled: Bool { cancelled.withLock { $0 } }

    /// The path and the query, the headers by name, and the body, as a server sees them.
    var target: String { request.url.requestTarget }
    var body: String { request.body.text }

    func header(_ name: String) -> String? {
        request.headers.first { $0.name == name }?.value
    }

    func answer(_ json: String, status: Int = 200, headers: [HeaderField] = []) {
        finish(.success(HTTPResponse(status: status, headers: headers, body: Bytes(json))))
    }

    func fail(_ error: any Error) {
        finish(.failure(error))
    }

    fileprivate func response() async throws -> HTTPResponse {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<HTTPResponse, any Error>? in
                    if case .answered(let result) = state { return result }
                    state = .waiting(continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            if finish(.failure(CancellationError())) { cancelled.withLock { $0 = true } }
        }
    }

    @discardableResult
    private func finish(_ result: Result<HTTPResponse, any Error>) -> Bool {
        let (isFirst, continuation) = state.withLock {
            state -> (Bool, CheckedContinuation<HTTPResponse, any Error>?) in
            guard case .waiting(let continuation) = state else { return (false, nil) }
            state = .answered(result)
            return (true, continuation)
        }
        continuation?.resume(with: result)
        return isFirst
    }
}
