internal import NIOCore
internal import PhoenixKit

/// Writes a client's frames: whole messages and control frames, masked, with minimal lengths (RFC 6455 section 5).
struct FrameWriter {
    /// The most bytes that a header and a mask take.
    static let overhead = 14

    /// Gives the masking keys, two with each number.
    private let random: @Sendable () -> UInt64
    /// The second key of the last number drawn.
    private var spareKey: UInt32?

    init(random: @escaping @Sendable () -> UInt64) {
        self.random = random
    }

    /// Appends a message as one frame to `buffer`.
    ///
    /// RSV1 says whether an extension `transformed` it.
    mutating func write(_ payload: Bytes, kind: Frame.Kind, transformed: Bool, into buffer: inout ByteBuffer) {
        let opcode: FrameHeader.Opcode = kind == .text ? .text : .binary
        write(payload, first: 0x80 | (transformed ? 0x40 : 0) | opcode.rawValue, into: &buffer)
    }

    /// Appends a control frame to `buffer`.
    ///
    /// Payloads beyond 125 bytes cannot be said and are cut.
    mutating func write(_ frame: ControlFrame, into buffer: inout ByteBuffer) {
        switch frame {
        case .ping(let payload): write(payload[0..<125], first: 0x89, into: &buffer)
        case .pong(let payload): write(payload[0..<125], first: 0x8A, into: &buffer)
        case .close(let close): write(close.payload[0..<125], first: 0x88, into: &buffer)
        }
    }

    private mutating func write(_ payload: Bytes, first: UInt8, into buffer: inout ByteBuffer) {
        let count = payload.count
        let key = nextKey()
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count + Self.overhead) { target in
            target[0] = first
            var size = 2
            if count <= 125 {
                target[1] = 0x80 | UInt8(count)
            } else if let short = UInt16(exactly: count) {
                target[1] = 0x80 | 126
                target.storeBytes(of: short.bigEndian, toByteOffset: 2, as: UInt16.self)
                size = 4
            } else {
                target[1] = 0x80 | 127
                target.storeBytes(of: UInt64(count).bigEndian, toByteOffset: 2, as: UInt64.self)
                size = 10
            }
            target.storeBytes(of: key.bigEndian, toByteOffset: size, as: UInt32.self)
            size += 4
            payload.withUnsafeBytes { source in
                Self.mask(source, with: key, into: UnsafeMutableRawBufferPointer(rebasing: target[size...]))
            }
            return size + count
        }
    }

    /// Copies `source` to the beginning of `target`, masked (RFC 6455 section 5.3), eight bytes at a time.
    private static func mask(
        _ source: UnsafeRawBufferPointer,
        with key: UInt32,
        into target: UnsafeMutableRawBufferPointer
    ) {
        let word = (UInt64(key) << 32 | UInt64(key)).bigEndian
        var index = 0
        while source.count - index >= 8 {
            let bytes = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            target.storeBytes(of: bytes ^ word, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < source.count {
            target[index] = source[index] ^ UInt8(truncatingIfNeeded: key >> (24 - 8 * UInt32(index & 3)))
            index += 1
        }
    }

    private mutating func nextKey() -> UInt32 {
        if let key = spareKey {
            spareKey = nil
            return key
        }
        let number = random()
        spareKey = UInt32(truncatingIfNeeded: number)
        return UInt32(truncatingIfNeeded: number >> 32)
    }
}
