/// Whether bytes are well-formed UTF-8 (RFC 3629, Unicode table 3-7).
enum UTF8Rules {
    static func isWellFormed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            if bytes[index] < 0x80 {
                index += 1
                continue
            }
            guard let length = length(ofSequenceAt: index, in: bytes) else { return false }
            index += length
        }
        return true
    }

    private static func length(ofSequenceAt start: Int, in bytes: UnsafeRawBufferPointer) -> Int? {
        let (length, second): (Int, ClosedRange<UInt8>)
        switch bytes[start] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard start + length <= bytes.count, second.contains(bytes[start + 1]) else { return nil }
        for offset in 2..<max(length, 2) where bytes[start + offset] & 0xC0 != 0x80 { return nil }
        return length
    }
}
