internal import CZlib
internal import PhoenixKit

/// Compresses messages into one raw stream of deflate (RFC 1951) that a window runs through.
final class Deflater {
    /// What ends every message and is not sent (RFC 7692 section 7.2.1).
    static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]

    /// zlib keeps a pointer to it, so that it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    /// Nil when zlib has no memory for it, or cannot do it.
    init?(window: WindowBits, level: Int, memoryLevel: Int) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let level = Int32(min(max(level, 1), 9))
        let memoryLevel = Int32(min(max(memoryLevel, 1), 9))
        guard phoenix_deflate_init(stream, level, Int32(window.rawValue), memoryLevel) == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Compresses a message, without the tail.
    ///
    /// - Returns: nil when it cannot be done; the stream is then fit for nothing but `reset()`.
    func deflate(_ message: Bytes) -> [UInt8]? {
        // An empty stored block; zlib itself would write nothing the second time (RFC 7692 section 7.2.3.6).
        guard !message.isEmpty else { return [0x00] }
        guard let count = UInt32(exactly: message.count),
            let room = UInt32(exactly: deflateBound(stream, UInt(count)) + 64)
        else { return nil }
        var code = Z_OK
        var output = message.withUnsafeBytes { source in
            // Written with space to spare in one go, so that the flush is complete.
            [UInt8](unsafeUninitializedCapacity: Int(room)) { target, written in
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: source.bindMemory(to: UInt8.self).baseAddress
                )
                stream.pointee.avail_in = count
                stream.pointee.next_out = target.baseAddress
                stream.pointee.avail_out = room
                code = CZlib.deflate(stream, Z_SYNC_FLUSH)
                written = Int(room - stream.pointee.avail_out)
            }
        }
        guard code == Z_OK, stream.pointee.avail_in == 0, output.suffix(4).elementsEqual(Self.tail) else { return nil }
        output.removeLast(4)
        return output
    }

    /// Forgets all earlier messages.
    ///
    /// What follows refers to nothing before it, so that a receiver need not be told.
    func reset() {
        deflateReset(stream)
    }
}
