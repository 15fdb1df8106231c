internal import CByteScan

/// Checks that bytes which arrive in parts are UTF-8 (RFC 3629), and says no at the first byte that cannot be.
///
/// Surrogates, overlong forms and anything above U+10FFFF are refused.
struct UTF8Validator {
    /// How many bytes the character begun still needs.
    private var missing: UInt8 = 0
    /// The range the next of them must be in; narrower than a continuation byte's only after some first bytes.
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    init() {}

    /// Whether what came so far ends with a whole character.
    var isComplete: Bool { missing == 0 }

    /// Whether `bytes` as a whole are UTF-8.
    static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let ascii = byte_scan_ascii_end(bytes.baseAddress, 0, bytes.count)
        if ascii == bytes.count { return true }
        var validator = UTF8Validator()
        return validator.append(UnsafeBufferPointer(rebasing: bytes[ascii...])) && validator.isComplete
    }

    /// Takes the next bytes.
    ///
    /// - Returns: whether they may still become UTF-8. After false the validator is of no use.
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        while index < bytes.count {
            if missing == 0 {
                index = byte_scan_ascii_end(bytes.baseAddress, index, bytes.count)
                guard index < bytes.count else { break }
                guard begin(bytes[index]) else { return false }
            } else {
                guard bytes[index] >= lower, bytes[index] <= upper else { return false }
                missing -= 1
                lower = 0x80
                upper = 0xBF
            }
            index += 1
        }
        return true
    }

    /// Takes the first byte of a character of several bytes (the table 3-7 of the Unicode standard).
    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0xC2...0xDF:
            missing = 1
        case 0xE0...0xEF:
            missing = 2
            if byte == 0xE0 { lower = 0xA0 }
            if byte == 0xED { upper = 0x9F }
        case 0xF0...0xF4:
            missing = 3
            if byte == 0xF0 { lower = 0x90 }
            if byte == 0xF4 { upper = 0x8F }
        default:
            return false
        }
        return true
    }
}
