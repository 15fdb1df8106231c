/// How much a subscriber may fall behind, and what is dropped when it falls further.
///
/// One slow subscriber never holds up another, or the socket (hazard B31).
public struct EventBuffer: Sendable, Hashable {
    /// What goes when the buffer is full.
    public enum Policy: Sendable, Hashable {
        /// The oldest element makes room: who reads gets the latest news.
        case dropOldest
        /// The new element is not taken: who reads gets the beginning without a gap.
        case dropNewest
    }

    /// How many elements may wait; below 1 it counts as 1.
    ///
    /// Default: 1,024.
    public var limit: Int
    /// What goes when the buffer is full.
    ///
    /// Default: `dropOldest`.
    public var policy: Policy

    /// A buffer of `limit` elements.
    public init(limit: Int = 1_024, policy: Policy = .dropOldest) {
        self.limit = limit
        self.policy = policy
    }
}
