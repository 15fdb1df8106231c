internal import PhoenixKit
private import Synchronization

/// A clock that stands still until a test moves it.
final class ManualClock: PhoenixClock {
    private struct Sleeper {
        let deadline: Timestamp
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Timestamp(nanoseconds: 0)
        var sleepers: [UInt64: Sleeper] = [:]
        var count: UInt64 = 0
        var observers: [UInt64: Observer] = [:]
    }

    private struct Observer {
        let deadline: Timestamp
        let continuation: CheckedContinuation<Void, Never>
    }

    private let state = Mutex(State())

    var now: Timestamp { state.withLock { $0.now } }

    /// How many tasks sleep.
    var sleepers: Int { state.withLock { $0.sleepers.count } }

    func sleep(until deadline: Timestamp) async throws {
        let id = state.withLock { state in
            state.count += 1
            return state.count
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (isOver, observers) = state.withLock { state -> (Bool, [Observer]) in
                    if deadline <= state.now { return (true, []) }
                    state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
                    let told = state.observers.filter { $0.value.deadline == deadline }
                    for id in told.keys { state.observers[id] = nil }
                    return (false, Array(told.values))
                }
                if isOver { continuation.resume() }
                for observer in observers { observer.continuation.resume() }
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: UInt64) {
        state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume(throwing: CancellationError())
    }

    /// Moves the clock to the moment `time` after its origin and wakes who slept until then.
    func advance(to time: Duration) {
        let due = state.withLock { state in
            state.now = max(state.now, Timestamp(nanoseconds: 0) + time)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return Array(due.values)
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Waits until somebody sleeps until exactly the moment `time` after the origin, or the waiting task is cancelled.
    func waitForSleeper(until time: Duration) async {
        let deadline = Timestamp(nanoseconds: 0) + time
        let id = state.withLock { state in
            state.count += 1
            return state.count
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if Task.isCancelled || state.sleepers.values.contains(where: { $0.deadline == deadline }) {
                        return true
                    }
                    state.observers[id] = Observer(deadline: deadline, continuation: continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.observers.removeValue(forKey: id) }?.continuation.resume()
        }
    }

    /// Waits until somebody sleeps, moves the clock to the first moment that anybody sleeps until, and gives it.
    func reachNext() async -> Duration {
        while true {
            let first = state.withLock { $0.sleepers.values.map(\.deadline).min() }
            if let first {
                let time = first - Timestamp(nanoseconds: 0)
                advance(to: time)
                return time
            }
            await Task.yield()
        }
    }

    /// Waits until somebody sleeps until exactly `time` after the origin, and moves the clock there.
    func reach(_ time: Duration) async {
        await waitForSleeper(until: time)
        advance(to: time)
    }
}
