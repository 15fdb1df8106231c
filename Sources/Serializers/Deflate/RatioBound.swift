/// How many times larger than on the wire a message may be.
///
/// The ratio alone says little about small messages: with the words of earlier ones in the window a hundred bytes may shrink to
/// four. Messages up to `exempt` bytes are therefore not judged.
public struct RatioBound: Sendable, Hashable {
    /// The largest ratio of the plain message to the compressed one.
    ///
    /// Values below 1 count as 1.
    public var ratio: Int
    /// The size up to which any ratio will do, in bytes of the plain message.
    public var exempt: Int

    /// A bound of `ratio` to one, which messages up to `exempt` bytes are free of.
    public init(_ ratio: Int, exempt: Int) {
        self.ratio = ratio
        self.exempt = exempt
    }

    /// Any ratio will do.
    public static let unlimited = RatioBound(.max, exempt: .max)

    /// The largest plain message that may be `count` bytes on the wire.
    func largest(for count: Int) -> Int {
        let (product, overflow) = max(ratio, 1).multipliedReportingOverflow(by: count)
        return max(exempt, overflow ? .max : product)
    }
}
