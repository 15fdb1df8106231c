internal import CZlib
internal import PhoenixKit

/// Inflates the messages of one raw stream of deflate (RFC 1951).
final class Inflater {
    /// How much is inflated before it is looked at.
    private static let chunk = 16_384

    /// zlib keeps a pointer to it, so that it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    /// Whether all that came ended with a block marked as the last one.
    private var isAtEnd = false

    /// Nil when zlib has no memory for it.
    init?(window: WindowBits) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard phoenix_inflate_init(stream, Int32(window.rawValue)) == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Inflates a part of a message and appends the result to `message`, at most `room` bytes and one.
    ///
    /// - Returns: how much was appended: `room` and one when there is more.
    /// - Throws: `.decoding` when it is no deflate, `.limitExceeded` when zlib has no memory.
    func inflate(_ part: Bytes, into message: inout [UInt8], room: Int) throws(PhoenixError) -> Int {
        guard !part.isEmpty else { return 0 }
        isAtEnd = false
        var appended = 0
        let code = part.withUnsafeBytes { source in
            withUnsafeTemporaryAllocation(byteCount: Self.chunk, alignment: 16) { target in
                let bytes = source.bindMemory(to: UInt8.self)
                stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                // A message that long is beyond every limit of a transport; its beginning is refused as truncated.
                stream.pointee.avail_in = UInt32(clamping: bytes.count)
                return run(target.bindMemory(to: UInt8.self), into: &message, room: room, appended: &appended)
            }
        }
        switch code {
        case Z_OK: return appended
        case Z_MEM_ERROR:
            throw PhoenixError(.limitExceeded, "Expected memory to inflate a message with, got none.")
        default:
            throw PhoenixError(.decoding, "Expected a message compressed with deflate, got other bytes.")
        }
    }

    private func run(
        _ target: UnsafeMutableBufferPointer<UInt8>,
        into message: inout [UInt8],
        room: Int,
        appended: inout Int
    ) -> Int32 {
        while appended <= room {
            let space = min(target.count - 1, room - appended) + 1
            stream.pointee.next_out = target.baseAddress
            stream.pointee.avail_out = UInt32(space)
            let code = CZlib.inflate(stream, Z_NO_FLUSH)
            let count = space - Int(stream.pointee.avail_out)
            message.append(contentsOf: target[..<count])
            appended += count
            switch code {
            case Z_OK where stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0: continue
            // There was nothing left to do.
            case Z_OK, Z_BUF_ERROR: return Z_OK
            case Z_STREAM_END:
                // Blocks may follow and may refer to what is in the window (RFC 7692 section 7.2.3.5).
                guard inflateResetKeep(stream) == Z_OK else { return Z_STREAM_ERROR }
                if stream.pointee.avail_in == 0 {
                    isAtEnd = true
                    return Z_OK
                }
            default: return code
            }
        }
        return Z_OK
    }

    /// Inflates what the sender left out of the end of a message, an empty block (RFC 7692 section 7.2.2).
    ///
    /// A message whose last block is marked as the last one needs nothing more.
    ///
    /// - Throws: `.decoding` when the message does not end at the end of a block.
    func finish() throws(PhoenixError) {
        guard !isAtEnd else { return }
        var rest: [UInt8] = []
        let appended = try inflate(Self.tail, into: &rest, room: 0)
        // 128 stands for the end of a block. What gives bytes has become a part of the block before.
        guard appended == 0, stream.pointee.data_type & 128 != 0 else {
            throw PhoenixError(
                .decoding,
                "Expected a compressed message that ends with a block of deflate, got one that is cut off or goes on."
            )
        }
    }

    private static let tail = Bytes(Deflater.tail)

    /// Forgets all earlier messages.
    func reset() {
        inflateReset(stream)
        isAtEnd = false
    }
}
