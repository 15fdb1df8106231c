private import Dispatch
internal import Synchronization

/// Wakes the sleepers of the system's clock, and calls who wants to be called: one timer for the whole process, always set to
/// the earliest of them.
final class Alarm: Sendable {
    static let shared = Alarm()

    fileprivate enum Sleeper {
        case task(CheckedContinuation<Bool, Never>)
        case call(@Sendable () -> Void)

        func wake(isDue: Bool) {
            switch self {
            case .task(let continuation): continuation.resume(returning: isDue)
            case .call(let body): if isDue { body() }
            }
        }
    }

    fileprivate struct State {
        var deadlines = DeadlineQueue<UInt64>()
        var sleepers: [UInt64: Sleeper] = [:]
        /// Sleepers that were cancelled before they fell asleep.
        var cancelled: Set<UInt64> = []
        var last: UInt64 = 0
        /// What the timer is set to.
        var armed: Timestamp?
        let timer: any DispatchSourceTimer
    }

    private let state: Mutex<State>

    private init() {
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "phoenix.alarm"))
        state = Mutex(State(timer: timer))
        state.withLock { state in
            state.timer.setEventHandler { Alarm.shared.ring(SystemClock().now) }
            state.timer.activate()
        }
    }

    /// How many sleep.
    var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    func sleep(until deadline: Timestamp, now: () -> Timestamp) async throws {
        try Task.checkCancellation()
        let (moment, number) = (
            now(),
            state.withLock { state in
                state.last += 1
                return state.last
            }
        )
        guard deadline > moment else { return }
        let isAwake = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isCancelled = state.withLock { state in
                    if state.cancelled.contains(number) { return true }
                    state.add(.task(continuation), number, until: deadline, at: moment)
                    return false
                }
                if isCancelled { continuation.resume(returning: false) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.remove(number)
                if sleeper == nil { state.cancelled.insert(number) }
                return sleeper
            }
            sleeper?.wake(isDue: false)
        }
        _ = state.withLock { $0.cancelled.remove(number) }
        guard isAwake else { throw CancellationError() }
        try Task.checkCancellation()
    }

    /// Calls `body`, which must not block, when `deadline` comes.
    ///
    /// - Returns: the number by which the call can be given up.
    func call(at deadline: Timestamp, now: Timestamp, _ body: @escaping @Sendable () -> Void) -> UInt64 {
        state.withLock { state in
            state.last += 1
            state.add(.call(body), state.last, until: deadline, at: now)
            return state.last
        }
    }

    /// Gives up a call.
    func giveUp(_ number: UInt64) {
        // What the call holds is let go of outside of the lock.
        _ = state.withLock { $0.remove(number) }
    }

    private func ring(_ now: Timestamp) {
        let awake = state.withLock { state in
            var awake: [Sleeper] = []
            while let number = state.deadlines.popDue(at: now) {
                if let sleeper = state.sleepers.removeValue(forKey: number) { awake.append(sleeper) }
            }
            state.armed = nil
            state.arm(at: now)
            return awake
        }
        for sleeper in awake { sleeper.wake(isDue: true) }
    }
}

extension Alarm.State {
    fileprivate mutating func add(
        _ sleeper: Alarm.Sleeper,
        _ number: UInt64,
        until deadline: Timestamp,
        at now: Timestamp
    ) {
        sleepers[number] = sleeper
        deadlines.add(number, at: deadline)
        arm(at: now)
    }

    /// Takes out a sleeper before its time; nil when it is not there.
    fileprivate mutating func remove(_ number: UInt64) -> Alarm.Sleeper? {
        guard let sleeper = sleepers.removeValue(forKey: number) else { return nil }
        deadlines.forget()
        deadlines.compact { [sleepers] in sleepers[$0] != nil }
        return sleeper
    }

    /// Sets the timer to the earliest deadline, unless it is set to that or an earlier one.
    fileprivate mutating func arm(at now: Timestamp) {
        guard let next = deadlines.next, armed.map({ next < $0 }) ?? true else { return }
        armed = next
        let nanoseconds = max((next - now).clampedNanoseconds, 0)
        // Beyond a day the timer rings early, finds nobody due, and is set again.
        timer.schedule(deadline: .now() + .nanoseconds(Int(min(nanoseconds, 86_400_000_000_000))))
    }
}
