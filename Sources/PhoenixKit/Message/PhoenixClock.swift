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

/// The system's clock, which goes on while the machine sleeps.
public struct SystemClock: PhoenixClock {
    private static let origin = ContinuousClock.now

    public init() {}

    public var now: Timestamp {
        Timestamp(nanoseconds: (ContinuousClock.now - Self.origin).clampedNanoseconds)
    }

    public func sleep(until deadline: Timestamp) async throws {
        try await Task.sleep(
            until: Self.origin + .nanoseconds(deadline.nanoseconds),
            tolerance: nil,
            clock: ContinuousClock()
        )
    }
}
