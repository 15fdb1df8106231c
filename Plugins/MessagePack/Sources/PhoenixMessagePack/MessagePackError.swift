/// Where bytes stop being MessagePack, and what was expected there.
///
/// Never holds anything of the bytes themselves.
public struct MessagePackError: Error, Sendable, Hashable {
    /// How many bytes into the input the unexpected byte is.
    public let offset: Int
    /// What was expected in its place.
    public let expected: String

    init(at offset: Int, expected: String) {
        self.offset = offset
        self.expected = expected
    }
}

extension MessagePackError: CustomStringConvertible {
    public var description: String { "expected \(expected) at byte \(offset)" }
}
