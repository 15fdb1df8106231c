internal import Synchronization

/// Keeps the liveness of one connection where both the driver and the heartbeat can reach it: heartbeats go out and
/// deadlines are kept while a handler is busy.
final class ConnectionMonitor: Sendable {
    /// What the monitor does to its connection; called by one task at a time.
    struct Heart: Sendable {
        /// Sends the heartbeat of this reference.
        let beat: @Sendable (_ reference: UInt64) throws -> Void
        /// The connection is dead.
        let stopped: @Sendable (PhoenixError) -> Void
    }

    private struct State {
        var liveness: Liveness
        /// The moment at which the liveness is asked again, and the call that sees to it.
        var armed: (moment: Timestamp, call: PendingCall)?
        /// Nil before the start and after the end.
        var heart: Heart?
    }

    private let clock: any PhoenixClock
    private let references: ReferenceSource
    private let state: Mutex<State>

    init(interval: Duration?, timeout: Duration, clock: any PhoenixClock, references: ReferenceSource) {
        self.clock = clock
        self.references = references
        state = Mutex(State(liveness: Liveness(interval: interval, timeout: timeout, openedAt: clock.now)))
    }

    /// The last round trip of a heartbeat.
    var roundTrip: Duration? { state.withLock { $0.liveness.roundTrip } }

    /// Sends heartbeats until the connection is dead or the monitor is stopped.
    func start(_ heart: Heart) {
        state.withLock { state in
            state.heart = heart
            arm(&state)
        }
    }

    /// Sends none any more, and forgets who was to be told.
    func stop() {
        let (heart, armed) = state.withLock { state in
            defer { (state.heart, state.armed) = (nil, nil) }
            return (state.heart, state.armed)
        }
        armed?.call.cancel()
        // Let go of outside of the lock.
        _ = heart
    }

    func readerWaits() {
        let now = clock.now
        state.withLock { state in
            state.liveness.readerWaits(at: now)
            if let armed = state.armed, state.liveness.nextDeadline < armed.moment { arm(&state) }
        }
    }

    func framesArrived(at arrival: Timestamp) {
        state.withLock { $0.liveness.framesArrived(at: arrival) }
    }

    func joinSent(settledBy deadline: Timestamp) {
        state.withLock { $0.liveness.joinSent(settledBy: deadline) }
    }

    /// The round trip of the heartbeat that was answered; nil when it is none that is awaited.
    func heartbeatAnswered(_ reference: UInt64, at arrival: Timestamp) -> Duration? {
        state.withLock { $0.liveness.heartbeatAnswered(reference, at: arrival) }
    }

    /// A heartbeat out of turn is on its way.
    func pinged(_ reference: UInt64) {
        let now = clock.now
        state.withLock { state in
            state.liveness.heartbeatSent(reference, at: now)
            arm(&state)
        }
    }

    /// Has `timeReached` called at the next deadline.
    ///
    /// In a task of its own, since what it calls may take its time and the clock's call must not.
    private func arm(_ state: inout State) {
        guard state.heart != nil else { return }
        let next = state.liveness.nextDeadline
        guard state.armed?.moment != next else { return }
        state.armed?.call.cancel()
        state.armed = (next, clock.call(at: next) { Task { self.timeReached() } })
    }

    private func timeReached() {
        let now = clock.now
        let (verdict, heart, reference) = state.withLock { state in
            let verdict = state.liveness.timeReached(now)
            guard verdict == .sendHeartbeat, state.heart != nil else { return (verdict, state.heart, 0 as UInt64) }
            let reference = references.next()
            state.liveness.heartbeatSent(reference, at: now)
            return (verdict, state.heart, reference)
        }
        guard let heart else { return }
        switch verdict {
        case .dead(let silence):
            stop()
            return heart.stopped(
                PhoenixError(
                    .timeout,
                    "Expected a sign of life after a heartbeat, got none for \(silence). The connection counts as dead."
                )
            )
        case .sendHeartbeat:
            do {
                try heart.beat(reference)
            } catch {
                stop()
                return heart.stopped(PhoenixError(transport: error))
            }
        case .nothing: break
        }
        state.withLock { state in
            state.armed?.call.cancel()
            state.armed = nil
            arm(&state)
        }
    }
}
