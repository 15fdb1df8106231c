public import PhoenixKit
internal import Synchronization

/// A clock that stands still until a test moves it.
///
///     let clock = TestClock()
///     await clock.waitForSleeper(until: .seconds(10))   // the client has armed its timeout
///     clock.advance(by: .seconds(10))
public final class TestClock: PhoenixClock {
    private struct Sleeper {
        let deadline: Timestamp
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct Observer {
        let deadline: Timestamp
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now = Timestamp(nanoseconds: 0)
        var sleepers: [UInt64: Sleeper] = [:]
        var observers: [UInt64: Observer] = [:]
        var cancelled: Set<UInt64> = []
        var last: UInt64 = 0

        mutating func nextNumber() -> UInt64 {
            last += 1
            return last
        }
    }

    private let state = Mutex(State())

    /// Creates a clock that shows zero.
    public init() {}

    public var now: Timestamp { state.withLock { $0.now } }

    /// How many tasks sleep.
    ///
    /// After a client has stopped there must be none.
    public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// Moves on by `duration` and wakes whoever slept until then, the earliest first.
    public func advance(by duration: Duration) {
        let awake = state.withLock { state in
            state.now = state.now + duration
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.sorted { $0.deadline < $1.deadline }
        }
        for sleeper in awake { sleeper.continuation.resume(returning: true) }
    }

    /// Returns when some task sleeps until the moment `time` after zero, or when the waiting task is cancelled.
    public func waitForSleeper(until time: Duration) async {
        let deadline = Timestamp(nanoseconds: 0) + time
        let number = state.withLock { $0.nextNumber() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if Task.isCancelled || state.sleepers.values.contains(where: { $0.deadline == deadline }) {
                        return true
                    }
                    state.observers[number] = Observer(deadline: deadline, continuation: continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let observer = state.withLock { $0.observers.removeValue(forKey: number) }
            observer?.continuation.resume()
        }
    }

    public func sleep(until deadline: Timestamp) async throws {
        let number = state.withLock { $0.nextNumber() }
        let isDue = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                fallAsleep(number, until: deadline, continuation)
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: number)
                if sleeper == nil { state.cancelled.insert(number) }
                return sleeper
            }
            sleeper?.continuation.resume(returning: false)
        }
        _ = state.withLock { $0.cancelled.remove(number) }
        guard isDue else { throw CancellationError() }
        try Task.checkCancellation()
    }

    private func fallAsleep(
        _ number: UInt64,
        until deadline: Timestamp,
        _ continuation: CheckedContinuation<Bool, Never>
    ) {
        let (answer, observers): (Bool?, [Observer]) = state.withLock { state in
            if state.cancelled.contains(number) { return (false, []) }
            if deadline <= state.now { return (true, []) }
            state.sleepers[number] = Sleeper(deadline: deadline, continuation: continuation)
            let met = state.observers.filter { $0.value.deadline == deadline }
            for key in met.keys { state.observers[key] = nil }
            return (nil, Array(met.values))
        }
        if let answer { continuation.resume(returning: answer) }
        for observer in observers { observer.continuation.resume() }
    }
}
