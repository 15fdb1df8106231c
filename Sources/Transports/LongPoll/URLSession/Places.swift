private import PhoenixKit
private import Synchronization

/// The places for connections that an engine has.
final class Places: Sendable {
    private struct State {
        var free: Int
        var abandoned = 0
        /// Who waits for a place, the longest first.
        var waiters: [(number: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
        var last: UInt64 = 0
    }

    private let state: Mutex<State>

    init(_ count: Int) {
        state = Mutex(State(free: count))
    }

    /// How many places are held by connections that have ended.
    var abandonedCount: Int { state.withLock { $0.abandoned } }

    /// How many wait for a place.
    var waitingCount: Int { state.withLock { $0.waiters.count } }

    /// Takes a place, waiting for one in turn.
    func take() async throws {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isFree = state.withLock { state in
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    state.waiters.append((number, continuation))
                    return false
                }
                if isFree { continuation.resume() }
                if Task.isCancelled { cancel(number) }
            }
        } onCancel: {
            cancel(number)
        }
    }

    /// Notes that a connection has ended whose place is still held.
    func abandon() {
        state.withLock { $0.abandoned += 1 }
    }

    /// Gives a place back.
    func free(wasAbandoned: Bool) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            if wasAbandoned { state.abandoned -= 1 }
            guard !state.waiters.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiters.removeFirst().continuation
        }
        waiter?.resume()
    }

    private func cancel(_ number: UInt64) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
            return state.waiters.remove(at: index).continuation
        }
        waiter?.resume(throwing: CancellationError())
    }
}
