/// How large a compressed message may become; looked at while it is inflated, not after.
public struct GzipLimits: Sendable, Hashable {
    /// The largest inflated message, in bytes.
    ///
    /// Default: 64 MiB.
    public var size: Int
    /// How many times larger than on the wire a message may be.
    ///
    /// Default: 100. JSON seldom shrinks to less than a fortieth, what is made to fill memory to a thousandth. Values below 1
    /// count as 1.
    public var ratio: Int
    /// The size of the inflated message up to which any ratio will do, in bytes.
    ///
    /// Default: 1,000,000, since small messages that repeat themselves may shrink to any part.
    public var exempt: Int

    public init(size: Int = 64 << 20, ratio: Int = 100, exempt: Int = 1_000_000) {
        self.size = size
        self.ratio = ratio
        self.exempt = exempt
    }

    /// The largest inflated message that may be `count` bytes on the wire.
    func largest(for count: Int) -> Int {
        let (product, overflow) = max(ratio, 1).multipliedReportingOverflow(by: count)
        return max(min(size, max(exempt, overflow ? .max : product)), 0)
    }
}
