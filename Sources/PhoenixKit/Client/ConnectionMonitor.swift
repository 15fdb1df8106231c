internal import Synchronization

/// Keeps the liveness of one connection where both the driver and the heartbeat can reach it: heartbeats go out and
/// deadlines are kept while a handler is busy.
final class ConnectionMonitor: Sendable {
    /// How the heartbeat ended: the silence that killed the connection, or nil when it was cancelled.
    typealias Silence = Duration

    private struct State {
        var liveness: Liveness
        /// The moment the heartbeat sleeps until.
        var armed: Timestamp
    }

    private let clock: any PhoenixClock
    private let state: Mutex<State>
    private let deadlineMoved = Signal()

    init(interval: Duration?, timeout: Duration, clock: any PhoenixClock) {
        self.clock = clock
        let liveness = Liveness(interval: interval, timeout: timeout, openedAt: clock.now)
        state = Mutex(State(liveness: liveness, armed: liveness.nextDeadline))
    }

    /// The last round trip of a heartbeat.
    var roundTrip: Duration? { state.withLock { $0.liveness.roundTrip } }

    func readerWaits() {
        let now = clock.now
        let isEarlier = state.withLock { state in
            state.liveness.readerWaits(at: now)
            return state.liveness.nextDeadline < state.armed
        }
        if isEarlier { deadlineMoved.raise() }
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
        state.withLock { $0.liveness.heartbeatSent(reference, at: now) }
        deadlineMoved.raise()
    }

    /// Sends heartbeats until the connection is dead or the task is cancelled.
    ///
    /// Throws what `send` throws.
    func beat(references: ReferenceSource, send: (_ reference: UInt64) throws -> Void) async throws -> Silence? {
        while !Task.isCancelled {
            let now = clock.now
            switch state.withLock({ $0.liveness.timeReached(now) }) {
            case .dead(let silence): return silence
            case .sendHeartbeat:
                let reference = references.next()
                state.withLock { $0.liveness.heartbeatSent(reference, at: now) }
                try send(reference)
            case .nothing: break
            }
            let deadline = state.withLock { state in
                state.armed = state.liveness.nextDeadline
                return state.armed
            }
            if deadline > now { await deadlineMoved.wait(until: deadline, on: clock) }
        }
        return nil
    }
}
