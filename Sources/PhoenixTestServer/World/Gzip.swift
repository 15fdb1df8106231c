internal import PhoenixKit

/// Writes gzip (RFC 1952) without compressing anything: stored blocks (RFC 1951 section 3.2.4).
enum Gzip {
    private static let largestBlock = 65_535

    static func stored(_ bytes: Bytes) -> Bytes {
        let content = bytes.array
        // Deflate, no flags, no time, unknown system.
        var output: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        output.reserveCapacity(content.count + 5 * (content.count / largestBlock + 1) + 18)
        var start = 0
        repeat {
            let end = min(start + largestBlock, content.count)
            let length = UInt16(end - start)
            output.append(end == content.count ? 1 : 0)
            output += littleEndian(length) + littleEndian(~length)
            output += content[start..<end]
            start = end
        } while start < content.count
        output += littleEndian(CRC32.checksum(of: content))
        output += littleEndian(UInt32(truncatingIfNeeded: content.count))
        return Bytes(output)
    }

    private static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}

/// The checksum of gzip (RFC 1952 section 8).
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    static func checksum(of bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
    }
}
