/// A moment, counted in nanoseconds from an origin that only its clock knows.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Nanoseconds since the clock's origin.
    public var nanoseconds: Int64

    /// The moment so many nanoseconds after the clock's origin.
    @inlinable
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The moment `duration` later, or the last one there is.
    public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        let (sum, overflowed) = moment.nanoseconds.addingReportingOverflow(duration.clampedNanoseconds)
        return Timestamp(nanoseconds: overflowed ? (duration < .zero ? .min : .max) : sum)
    }

    /// How long after `right` the moment `left` is.
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .nanoseconds(left.nanoseconds) - .nanoseconds(right.nanoseconds)
    }
}

extension Duration {
    /// The duration in nanoseconds, cut to what `Int64` holds (292 years).
    internal var clampedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflowed) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflowed || carried ? (seconds < 0 ? .min : .max) : sum
    }
}
