/// Where the client, its transports and its deadlines take time from.
///
/// Tests put a clock of their own in its place.
public protocol PhoenixClock: Sendable {
    /// The present moment.
    ///
    /// Never goes back.
    var now: Timestamp { get }

    /// Returns when `deadline` has come; throws `CancellationError` when the task is cancelled before.
    func sleep(until deadline: Timestamp) async throws
}

/// The system's clock.
///
/// It goes on while the machine sleeps; what sleeps on it wakes when the machine has been awake for as long as it was to
/// sleep, at the latest. A sleep that is cancelled leaves nothing behind, unlike `Task.sleep`, whose timer lives on until
/// its deadline.
public struct SystemClock: PhoenixClock {
    private static let origin = ContinuousClock.now

    /// The system's clock.
    public init() {}

    public var now: Timestamp {
        Timestamp(nanoseconds: (ContinuousClock.now - Self.origin).clampedNanoseconds)
    }

    public func sleep(until deadline: Timestamp) async throws {
        try await Alarm.shared.sleep(until: deadline, now: { now })
    }
}
