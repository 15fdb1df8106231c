private import Dispatch
internal import Synchronization

/// Wakes the sleepers of the system's clock: one timer for the whole process, always set to the earliest of them.
final class Alarm: Sendable {
    static let shared = Alarm()

    fileprivate struct State {
        var deadlines = DeadlineQueue<UInt64>()
        var sleepers: [UInt64: CheckedContinuation<Bool, Never>] = [:]
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
                    state.sleepers[number] = continuation
                    state.deadlines.add(number, at: deadline)
                    state.arm(at: moment)
                    return false
                }
                if isCancelled { continuation.resume(returning: false) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                guard let sleeper = state.sleepers.removeValue(forKey: number) else {
                    state.cancelled.insert(number)
                    return nil as CheckedContinuation<Bool, Never>?
                }
                state.deadlines.forget()
                state.deadlines.compact { [sleepers = state.sleepers] in sleepers[$0] != nil }
                return sleeper
            }
            sleeper?.resume(returning: false)
        }
        _ = state.withLock { $0.cancelled.remove(number) }
        guard isAwake else { throw CancellationError() }
        try Task.checkCancellation()
    }

    private func ring(_ now: Timestamp) {
        let awake = state.withLock { state in
            var awake: [CheckedContinuation<Bool, Never>] = []
            while let number = state.deadlines.popDue(at: now) {
                if let sleeper = state.sleepers.removeValue(forKey: number) { awake.append(sleeper) }
            }
            state.armed = nil
            state.arm(at: now)
            return awake
        }
        for sleeper in awake { sleeper.resume(returning: true) }
    }
}

extension Alarm.State {
    /// Sets the timer to the earliest deadline, unless it is set to that or an earlier one.
    fileprivate mutating func arm(at now: Timestamp) {
        guard let next = deadlines.next, armed.map({ next < $0 }) ?? true else { return }
        armed = next
        let nanoseconds = max((next - now).clampedNanoseconds, 0)
        // Beyond a day the timer rings early, finds nobody due, and is set again.
        timer.schedule(deadline: .now() + .nanoseconds(Int(min(nanoseconds, 86_400_000_000_000))))
    }
}
