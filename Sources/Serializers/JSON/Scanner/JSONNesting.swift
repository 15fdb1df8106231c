/// Which of the arrays and objects around the present position are which.
///
/// Allocates only beyond 64 levels.
struct JSONNesting {
    private(set) var depth: Int
    private(set) var greatestDepth: Int
    private let outer: Int
    /// One bit a level, the innermost lowest; 1 is an object.
    private var bits: UInt64 = 0
    private var spilled: [UInt64] = []

    @inline(__always)
    init(outer: Int) {
        self.outer = outer
        depth = outer
        greatestDepth = outer
    }

    /// Whether the innermost level is an object.
    @inline(__always) var isObject: Bool { bits & 1 == 1 }

    /// Goes one level deeper, or answers false when that is too deep.
    @inline(__always)
    mutating func enter(isObject: Bool) -> Bool {
        guard depth < JSONScanner.maximumDepth else { return false }
        let level = depth - outer
        if level > 0, level & 63 == 0 {
            spilled.append(bits)
            bits = 0
        }
        bits = bits << 1 | (isObject ? 1 : 0)
        depth += 1
        greatestDepth = max(greatestDepth, depth)
        return true
    }

    /// Goes one level out.
    @inline(__always)
    mutating func leave() {
        bits >>= 1
        depth -= 1
        let level = depth - outer
        if level > 0, level & 63 == 0 { bits = spilled.popLast() ?? 0 }
    }
}
