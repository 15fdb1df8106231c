internal import PhoenixKit

/// Writes JSON without white space, and so without line breaks.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    /// How many bytes have been written.
    var count: Int { bytes.count }

    /// Forgets what was written after the first `count` bytes.
    mutating func truncate(to count: Int) {
        guard count >= 0, count < bytes.count else { return }
        bytes.removeSubrange(count...)
    }

    /// Writes `byte` as it is.
    @inline(__always)
    mutating func write(_ byte: UInt8) {
        bytes.append(byte)
    }

    /// Writes the characters of `literal` as they are.
    @inline(__always)
    mutating func write(_ literal: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// Writes `text`, which must be JSON already, as it is.
    mutating func write(json text: some Sequence<UInt8>) {
        bytes.append(contentsOf: text)
    }

    /// Writes bytes that are JSON already as they are.
    mutating func write(json text: Bytes) {
        text.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    /// Writes bytes that claim to be JSON, once they proved to be one value; line breaks between its tokens are left out.
    mutating func write(checked text: Bytes, depth: Int = 0) throws(JSONError) {
        let hasLineBreaks = try text.withScanner { scanner throws(JSONError) in
            try scanner.skipValue(depth: depth)
            try scanner.expectEnd()
            return scanner.hasLineBreaks
        }
        // They can only stand between tokens, which need none.
        if hasLineBreaks {
            write(json: text.lazy.filter { $0 != 0x0A && $0 != 0x0D })
        } else {
            write(json: text)
        }
    }

    mutating func write(_ truth: Bool) {
        if truth { write("true") } else { write("false") }
    }

    @inline(__always)
    mutating func write(_ number: some FixedWidthInteger) {
        if number < 0 { write(UInt8(ascii: "-")) }
        bytes.append(decimal: UInt64(truncatingIfNeeded: number.magnitude))
    }

    /// Writes the shortest decimal that reads as `number` again, or answers false when there is none: infinite, not a number.
    mutating func write(_ number: some BinaryFloatingPoint & CustomStringConvertible) -> Bool {
        guard number.isFinite else { return false }
        bytes.append(contentsOf: number.description.utf8)
        return true
    }

    /// Writes `text` as a string.
    mutating func write(string text: String) {
        var text = text
        text.withUTF8 { _ = write(quoted: UnsafeRawBufferPointer($0), isValid: true) }
    }

    /// Writes bytes of UTF-8 as a string, or answers false, having written nothing, when they are malformed.
    mutating func write(string text: Bytes) -> Bool {
        text.withUnsafeBytes { write(quoted: $0, isValid: false) }
    }

    private mutating func write(quoted text: UnsafeRawBufferPointer, isValid: Bool) -> Bool {
        let start = bytes.count
        write(UInt8(ascii: "\""))
        var plain = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte >= 0x80, !isValid {
                guard let length = JSONScanner.multibyteLength(in: text, at: index) else {
                    truncate(to: start)
                    return false
                }
                index += length
                continue
            }
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[plain..<index]))
            writeEscape(of: byte)
            index += 1
            plain = index
        }
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[plain...]))
        write(UInt8(ascii: "\""))
        return true
    }

    private mutating func writeEscape(of byte: UInt8) {
        write(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: write(UInt8(ascii: "b"))
        case 0x09: write(UInt8(ascii: "t"))
        case 0x0A: write(UInt8(ascii: "n"))
        case 0x0C: write(UInt8(ascii: "f"))
        case 0x0D: write(UInt8(ascii: "r"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): write(byte)
        default:
            write("u00")
            for digit in [byte >> 4, byte & 15] {
                write(digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a"))
            }
        }
    }
}

extension [UInt8] {
    /// Appends the decimal digits of `number`.
    mutating func append(decimal number: UInt64) {
        var place: UInt64 = 1
        while number / place >= 10 { place *= 10 }
        var rest = number
        while place > 0 {
            append(UInt8(truncatingIfNeeded: rest / place) + UInt8(ascii: "0"))
            rest %= place
            place /= 10
        }
    }
}
