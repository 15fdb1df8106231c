internal import PhoenixKit

/// A message that is cut off in the middle.
enum Truncation {
    /// What is sent of a message: a header that announces all of it (RFC 6455 section 5.2), and the first half.
    ///
    /// Of an empty message, whose header is all there is, only the header's first byte.
    static func beginning(of frame: Frame) -> Bytes {
        let payload = frame.bytes.array
        let first: UInt8 = frame.kind == .text ? 0x81 : 0x82
        guard !payload.isEmpty else { return Bytes([first]) }
        var bytes = [first]
        switch payload.count {
        case ..<126: bytes.append(UInt8(payload.count))
        case ..<65_536: bytes += [126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: bytes += [127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        return Bytes(bytes + payload.prefix(payload.count / 2))
    }
}
