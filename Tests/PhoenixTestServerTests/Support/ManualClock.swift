import PhoenixKit
import Synchronization

/// A clock that stands still until it is told to go on.
final class ManualClock: PhoenixClock {
    private struct Sleeper {
        var deadline: Timestamp
        var continuation: CheckedContinuation<Void, any Error>
    }

    private typealias Watcher = CheckedContinuation<Void, Never>

    private struct State {
        var now = Timestamp(nanoseconds: 0)
        var sleepers: [Int: Sleeper] = [:]
        var lastSleeper = 0
        /// Who waits for somebody to sleep.
        var watchers: [Watcher] = []
    }

    private let state = Mutex(State())

    var now: Timestamp { state.withLock { $0.now } }

    func advance(to moment: Timestamp) {
        let woken = state.withLock { state -> [Sleeper] in
            state.now = max(state.now, moment)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for key in due.keys { state.sleepers[key] = nil }
            return Array(due.values)
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    func advance(by duration: Duration) {
        advance(to: now + duration)
    }

    /// Returns as soon as somebody sleeps.
    func whenAsleep() async {
        await withCheckedContinuation { continuation in
            let isAsleep = state.withLock { state in
                if state.sleepers.isEmpty { state.watchers.append(continuation) }
                return !state.sleepers.isEmpty
            }
            if isAsleep { continuation.resume() }
        }
    }

    func sleep(until deadline: Timestamp) async throws {
        let number = state.withLock {
            $0.lastSleeper += 1
            return $0.lastSleeper
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let (verdict, watchers) = state.withLock { state -> (Result<Void, any Error>?, [Watcher]) in
                    if Task.isCancelled { return (.failure(CancellationError()), []) }
                    if deadline <= state.now { return (.success(()), []) }
                    state.sleepers[number] = Sleeper(deadline: deadline, continuation: continuation)
                    defer { state.watchers = [] }
                    return (nil, state.watchers)
                }
                if let verdict { continuation.resume(with: verdict) }
                for watcher in watchers { watcher.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: number) }?.continuation
                .resume(throwing: CancellationError())
        }
    }
}
