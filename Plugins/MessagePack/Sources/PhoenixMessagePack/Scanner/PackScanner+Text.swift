extension PackScanner {
    /// Whether the bytes of a range are well-formed UTF-8 (Unicode 16, table 3-7).
    @inline(__always)
    func isUTF8(from lower: Int, to upper: Int) -> Bool {
        var offset = lower
        while upper &- offset >= 8 {
            guard bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 else {
                return isMultibyte(from: offset, to: upper)
            }
            offset &+= 8
        }
        while offset < upper {
            guard bytes[offset] < 0x80 else { return isMultibyte(from: offset, to: upper) }
            offset &+= 1
        }
        return true
    }

    private func isMultibyte(from lower: Int, to upper: Int) -> Bool {
        var offset = lower
        while offset < upper {
            let first = bytes[offset]
            let second: ClosedRange<UInt8>
            let length: Int
            switch first {
            case 0x00...0x7F:
                offset &+= 1
                continue
            case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
            case 0xE0: (second, length) = (0xA0...0xBF, 3)
            case 0xED: (second, length) = (0x80...0x9F, 3)
            case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
            case 0xF0: (second, length) = (0x90...0xBF, 4)
            case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
            case 0xF4: (second, length) = (0x80...0x8F, 4)
            default: return false
            }
            guard upper &- offset >= length, second.contains(bytes[offset &+ 1]) else { return false }
            for index in 2..<max(length, 2) where bytes[offset &+ index] & 0xC0 != 0x80 { return false }
            offset &+= length
        }
        return true
    }

    /// The characters of a range, which is UTF-8.
    @inline(__always)
    func characters(_ range: Range<Int>) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }

    /// Whether the bytes of a range are those of `text`.
    @inline(__always)
    func matches(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<range.count where bytes[range.lowerBound &+ index] != text.utf8Start[index] { return false }
        return true
    }
}
