/// A call that a clock is to make, until it is given up.
enum PendingCall: Sendable {
    case alarm(UInt64)
    case sleeper(Task<Void, Never>)

    /// Gives the call up, unless it is being made already.
    func cancel() {
        switch self {
        case .alarm(let number): Alarm.shared.giveUp(number)
        case .sleeper(let task): task.cancel()
        }
    }
}

extension PhoenixClock {
    /// Calls `body`, which must not block, when `deadline` has come.
    ///
    /// For what waits long and does little: a task that sleeps takes 2 kB. On other clocks than the system's there is one all the
    /// same.
    func call(at deadline: Timestamp, _ body: @escaping @Sendable () -> Void) -> PendingCall {
        if self is SystemClock { return .alarm(Alarm.shared.call(at: deadline, now: now, body)) }
        return .sleeper(
            Task {
                do { try await sleep(until: deadline) } catch { return }
                body()
            }
        )
    }
}
