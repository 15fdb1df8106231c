/// Decides when to send a heartbeat and when a connection is dead.
///
/// Belongs to one connection (hazard B15).
///
/// A heartbeat goes out every `interval`. The connection is dead when a heartbeat was sent and then nothing at all came
/// for `timeout`: any inbound frame is a sign of life, not only the heartbeat's reply. Two things stop the count, because
/// they would kill healthy connections:
///
/// - While the reader is busy (a handler works) nobody looks at what arrived, so silence proves nothing.
/// - A server answers nothing while it works on a join (Phoenix.Socket runs joins in the transport process), so the count
///   starts no earlier than the time by which every join sent so far is answered or given up (hazard B16).
struct Liveness {
    /// What to do now.
    enum Verdict: Equatable {
        case nothing
        case sendHeartbeat
        /// Silent for this long.
        case dead(after: Duration)
    }

    /// Nil on transports that need no heartbeats: none is due then, and no silence kills.
    let interval: Duration?
    let timeout: Duration

    /// When the next heartbeat goes out.
    private var heartbeatDue: Timestamp
    /// The heartbeat that still waits for a sign of life.
    private var awaited: Timestamp?
    /// The heartbeats whose replies give round trips, the oldest first.
    private var measured: [(reference: UInt64, sent: Timestamp)] = []
    /// How many of them are remembered: those due and those asked for in between.
    private static let measuredLimit = 16
    /// Since when the reader has been waiting; nil while it is busy.
    private var readerWaitingSince: Timestamp?
    private var joinsSettledBy: Timestamp

    /// The last round trip measured.
    private(set) var roundTrip: Duration?

    init(interval: Duration?, timeout: Duration, openedAt now: Timestamp) {
        self.interval = interval
        self.timeout = timeout
        heartbeatDue = interval.map { now + $0 } ?? Timestamp(nanoseconds: .max)
        joinsSettledBy = now
    }

    /// The next moment at which `timeReached` has something to say.
    var nextDeadline: Timestamp {
        deathDue.map { min($0, heartbeatDue) } ?? heartbeatDue
    }

    private var deathDue: Timestamp? {
        guard interval != nil, let awaited, let readerWaitingSince else { return nil }
        return max(awaited, readerWaitingSince, joinsSettledBy) + timeout
    }

    mutating func readerWaits(at now: Timestamp) {
        readerWaitingSince = now
    }

    /// Frames arrived at `arrival` and the reader is busy with them.
    mutating func framesArrived(at arrival: Timestamp) {
        readerWaitingSince = nil
        if let sent = awaited, arrival >= sent { awaited = nil }
    }

    mutating func joinSent(settledBy deadline: Timestamp) {
        joinsSettledBy = max(joinsSettledBy, deadline)
    }

    mutating func heartbeatSent(_ reference: UInt64, at now: Timestamp) {
        awaited = awaited ?? now
        if measured.count == Self.measuredLimit { measured.removeFirst() }
        measured.append((reference, now))
        if let interval { heartbeatDue = now + interval }
    }

    /// A reply to a heartbeat came: the round trip, or nil when it answers none that is awaited.
    mutating func heartbeatAnswered(_ reference: UInt64, at arrival: Timestamp) -> Duration? {
        guard let index = measured.firstIndex(where: { $0.reference == reference }) else { return nil }
        let trip = arrival - measured[index].sent
        measured.removeSubrange(...index)
        roundTrip = trip
        return trip
    }

    func timeReached(_ now: Timestamp) -> Verdict {
        if let deathDue, deathDue <= now { return .dead(after: timeout) }
        return heartbeatDue <= now ? .sendHeartbeat : .nothing
    }
}
