private import Synchronization

/// A result that is given once and awaited once: what ties a callback of an event loop to a task.
///
/// Of several results the first counts. There is at most one task waiting.
final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case awaited(CheckedContinuation<Value, any Error>)
        case complete(Result<Value, any Error>)
    }

    private let state = Mutex(State.empty)

    init() {}

    /// Gives the result.
    ///
    /// - Returns: whether it was the first.
    @discardableResult
    func complete(_ result: Result<Value, any Error>) -> Bool {
        let (isFirst, waiting) = state.withLock { state -> (Bool, CheckedContinuation<Value, any Error>?) in
            switch state {
            case .empty:
                state = .complete(result)
                return (true, nil)
            case .awaited(let continuation):
                state = .complete(result)
                return (true, continuation)
            case .complete:
                return (false, nil)
            }
        }
        waiting?.resume(with: result)
        return isFirst
    }

    /// The result, if it has been given.
    var result: Result<Value, any Error>? {
        state.withLock { if case .complete(let result) = $0 { result } else { nil } }
    }

    /// Waits for the result.
    ///
    /// Cancelling the task makes `CancellationError` the result, unless there is one already.
    func value() async throws -> Value {
        try await withTaskCancellationHandler {
            try await valueWhateverHappens()
        } onCancel: {
            complete(.failure(CancellationError()))
        }
    }

    /// Waits for the result, also when the task is cancelled: for what is certain to come.
    func valueWhateverHappens() async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let result = state.withLock { state -> Result<Value, any Error>? in
                switch state {
                case .complete(let result):
                    return result
                case .empty, .awaited:
                    state = .awaited(continuation)
                    return nil
                }
            }
            if let result { continuation.resume(with: result) }
        }
    }
}
