/// The first bytes of a frame (RFC 6455 section 5.2), read and checked for what can be told from them alone.
struct FrameHeader: Hashable {
    /// What a frame is for.
    enum Opcode: UInt8 {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA

        /// Whether this is a control frame (RFC 6455 section 5.5).
        var isControl: Bool { rawValue >= 0x8 }
    }

    let opcode: Opcode
    let isFinal: Bool
    /// RSV1, which extensions such as permessage-deflate set on the first frame of a message they changed.
    let isTransformed: Bool
    /// The length of the payload.
    let length: Int
    /// The length of the header itself: 2, 4 or 10.
    let size: Int

    /// Reads a header from the beginning of `bytes`.
    ///
    /// Each byte is judged as soon as it is there, so that a header which cannot be right is refused before the rest.
    ///
    /// - Returns: the header, or nil when there are too few bytes to tell.
    /// - Throws: 1002 for reserved bits and opcodes, masks, lengths that are not minimal or beyond 2^63, and control
    ///   frames that are fragmented or longer than 125 bytes.
    static func read(
        _ bytes: UnsafeBufferPointer<UInt8>,
        allowsTransformed: Bool
    ) throws(ProtocolViolation) -> FrameHeader? {
        guard let first = bytes.first else { return nil }
        guard let opcode = Opcode(rawValue: first & 0x0F) else {
            throw .framing("Expected an opcode of RFC 6455, got the reserved opcode \(first & 0x0F).")
        }
        let isFinal = first & 0x80 != 0
        let isTransformed = first & 0x40 != 0
        guard first & 0x30 == 0 else {
            throw .framing("Expected RSV2 and RSV3 to be 0, got a frame with one of them set.")
        }
        guard !isTransformed || (allowsTransformed && (opcode == .text || opcode == .binary)) else {
            throw .framing(
                allowsTransformed
                    ? "Expected RSV1 on the first frame of a data message only, got it on another frame."
                    : "Expected RSV1 to be 0 because no extension was negotiated, got a frame with RSV1 set."
            )
        }
        guard isFinal || !opcode.isControl else {
            throw .framing("Expected control frames to be whole, got a fragmented one.")
        }

        guard bytes.count >= 2 else { return nil }
        guard bytes[1] & 0x80 == 0 else {
            throw .framing("Expected the server's frames to be unmasked, got a masked one.")
        }
        let short = bytes[1] & 0x7F
        guard short <= 125 || !opcode.isControl else {
            throw .framing("Expected control frames of at most 125 bytes, got a longer one.")
        }

        let size = short <= 125 ? 2 : short == 126 ? 4 : 10
        guard bytes.count >= size else { return nil }
        var length = UInt64(short)
        if size > 2 {
            length = bytes[2..<size].reduce(0) { $0 << 8 | UInt64($1) }
            guard length > (size == 4 ? 125 : 65_535) else {
                throw .framing("Expected the length in as few bytes as possible, got \(length) in \(size - 2) bytes.")
            }
        }
        guard let length = Int(exactly: length) else {
            throw .framing("Expected a length below 2^63, got one above.")
        }
        return FrameHeader(
            opcode: opcode,
            isFinal: isFinal,
            isTransformed: isTransformed,
            length: length,
            size: size
        )
    }
}
