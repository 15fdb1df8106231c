/// How long to wait before the next try: longer each time, up to a bound, and scattered so that many clients do not come back at
/// once.
///
/// A value without a clock: it says how long to wait, and somebody else waits.
public struct Backoff: Sendable, Hashable {
    /// The first wait before it is scattered.
    public var first: Duration
    /// The longest wait.
    public var longest: Duration
    /// How many times as long each wait is as the one before; below 1 it counts as 1.
    public var factor: Double
    /// Which share of a wait is left to chance, from 0 (none) to 1 (all).
    ///
    /// With 0.5 a wait of 10 s becomes one between 5 and 10 s.
    public var jitter: Double
    /// How many waits were asked for since the beginning or the last `reset()`.
    public private(set) var tries = 0

    /// A backoff that has not been asked for a wait yet.
    public init(
        first: Duration = .seconds(1),
        longest: Duration = .seconds(30),
        factor: Double = 2,
        jitter: Double = 0.5
    ) {
        self.first = first
        self.longest = longest
        self.factor = factor
        self.jitter = jitter
    }

    /// The wait before the next try.
    public mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let longest = Self.seconds(longest)
        let factor = factor >= 1 ? factor : 1
        var full = min(Self.seconds(first), longest)
        // A wait that no longer grows needs no more steps.
        for _ in 0..<tries {
            let next = min(full * factor, longest)
            guard next > full else { break }
            full = next
        }
        tries += 1
        let share = jitter > 0 ? min(jitter, 1) : 0
        return .nanoseconds(Int64(full * (1 - share * Double.random(in: 0..<1, using: &generator)) * 1e9))
    }

    /// Begins anew.
    ///
    /// To be called when a connection has proved itself, that is, when the server answered something: one that merely opened may be
    /// cut at once, again and again (hazard B35).
    public mutating func reset() {
        tries = 0
    }

    /// The duration in seconds, cut to what is sensible: from none to a hundred years.
    private static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return min(max(Double(seconds) + Double(attoseconds) / 1e18, 0), 3_155_760_000)
    }
}
