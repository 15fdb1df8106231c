/// How far back a compressed message may refer, as the power of two in bytes: 8 is 256 bytes, 15 is 32 kB (RFC 7692
/// section 7.1.2).
///
/// A smaller window takes less memory at both ends and compresses less. zlib cannot write a window of 256 bytes: an end that
/// may use no larger one reads compressed messages and sends its own plain.
public enum WindowBits: Int, Sendable, Hashable, CaseIterable, Comparable {
    /// A window of 256 bytes.
    case eight = 8
    /// A window of 512 bytes.
    case nine
    /// A window of 1,024 bytes.
    case ten
    /// A window of 2,048 bytes.
    case eleven
    /// A window of 4,096 bytes.
    case twelve
    /// A window of 8,192 bytes.
    case thirteen
    /// A window of 16,384 bytes.
    case fourteen
    /// A window of 32,768 bytes.
    case fifteen

    public static func < (left: WindowBits, right: WindowBits) -> Bool { left.rawValue < right.rawValue }

    /// Reads a parameter's value: 8 to 15 in decimal digits, without leading zeros.
    init?(_ text: String) {
        guard let number = Int(text), String(number) == text else { return nil }
        self.init(rawValue: number)
    }
}
