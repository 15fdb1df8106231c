/// Where a text stops being JSON, and what was expected there.
///
/// Never holds anything of the text itself.
public struct JSONError: Error, Sendable, Hashable {
    /// How many bytes into the text the unexpected byte is.
    public let offset: Int
    /// What was expected in its place.
    public let expected: String

    init(at offset: Int, expected: String) {
        self.offset = offset
        self.expected = expected
    }
}

extension JSONError: CustomStringConvertible {
    public var description: String { "expected \(expected) at byte \(offset)" }
}
