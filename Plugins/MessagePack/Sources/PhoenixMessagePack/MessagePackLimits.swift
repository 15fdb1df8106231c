/// What is read and written at most.
public struct MessagePackLimits: Sendable, Hashable {
    /// How many arrays and maps may lie within each other.
    ///
    /// Default: 512. Values below 0 count as 0, values above 512 as 512, since reading goes down with the nesting.
    public var depth: Int {
        didSet { depth = Self.bounded(depth) }
    }
    /// How many bytes one payload may have.
    ///
    /// Default: 16 MiB. A value of one byte takes some 40 as a `Value`, so this bounds memory as well.
    public var size: Int

    public init(depth: Int = 512, size: Int = 16 << 20) {
        self.depth = Self.bounded(depth)
        self.size = size
    }

    private static func bounded(_ depth: Int) -> Int { min(max(depth, 0), 512) }
}
