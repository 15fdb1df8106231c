internal import CGzip
internal import PhoenixKit

/// One whole message in gzip (RFC 1952), by zlib.
enum Gzip {
    /// How much is inflated before it is looked at.
    private static let chunk = 16_384

    /// Compresses a message.
    ///
    /// - Returns: nil when zlib has no memory for it, or the message is beyond 4 GiB.
    static func compress(_ message: Bytes, level: Int) -> Bytes? {
        withStream { stream in
            guard let count = UInt32(exactly: message.count),
                phoenix_gzip_init(stream, Int32(min(max(level, 0), 9))) == Z_OK
            else { return nil }
            defer { deflateEnd(stream) }
            guard let room = UInt32(exactly: deflateBound(stream, UInt(count))) else { return nil }
            var code = Z_OK
            let output = message.withUnsafeBytes { source in
                [UInt8](unsafeUninitializedCapacity: Int(room)) { target, written in
                    stream.pointee.next_in = input(source)
                    stream.pointee.avail_in = count
                    stream.pointee.next_out = target.baseAddress
                    stream.pointee.avail_out = room
                    code = deflate(stream, Z_FINISH)
                    written = Int(room - stream.pointee.avail_out)
                }
            }
            return code == Z_STREAM_END ? Bytes(output) : nil
        }
    }

    /// Inflates one message, checks its checksum and that nothing follows it.
    ///
    /// - Throws: `.decoding` when it is no gzip or not whole, `.limitExceeded` at the byte that is one too many.
    static func inflate(_ frame: Bytes, within limits: GzipLimits) throws(PhoenixError) -> Bytes {
        let room = limits.largest(for: frame.count)
        var message: [UInt8] = []
        let end = withStream { stream -> End in
            guard phoenix_gunzip_init(stream) == Z_OK else { return .noMemory }
            defer { inflateEnd(stream) }
            return frame.withUnsafeBytes { source in
                stream.pointee.next_in = input(source)
                // A frame that long is beyond every limit of a transport; its beginning is refused as cut off.
                stream.pointee.avail_in = UInt32(clamping: source.count)
                return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: chunk) { target in
                    run(stream, target, into: &message, room: room)
                }
            }
        }
        switch end {
        case .whole: return Bytes(message)
        case .cutOff: throw refusal("a whole message in gzip", "one that is cut off")
        case .followed: throw refusal("one message in gzip", "more after its end")
        case .invalid: throw refusal("a message in gzip", "other bytes")
        case .noMemory: throw PhoenixError(.limitExceeded, "Expected memory to inflate a message with, got none.")
        case .tooLarge:
            throw PhoenixError(
                .limitExceeded,
                "Expected a message that inflates to at most \(room) bytes, got \(frame) that give more. Send less at a time, "
                    + "or raise the limits of the serializer."
            )
        }
    }

    private enum End {
        case whole, cutOff, followed, invalid, noMemory, tooLarge
    }

    private static func run(
        _ stream: UnsafeMutablePointer<z_stream>,
        _ target: UnsafeMutableBufferPointer<UInt8>,
        into message: inout [UInt8],
        room: Int
    ) -> End {
        while message.count <= room {
            let space = min(target.count - 1, room - message.count) + 1
            stream.pointee.next_out = target.baseAddress
            stream.pointee.avail_out = UInt32(space)
            let code = CGzip.inflate(stream, Z_NO_FLUSH)
            message.append(contentsOf: target[..<(space - Int(stream.pointee.avail_out))])
            guard message.count <= room else { break }
            switch code {
            case Z_STREAM_END: return stream.pointee.avail_in == 0 ? .whole : .followed
            case Z_OK where stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0: continue
            case Z_OK, Z_BUF_ERROR: return .cutOff
            case Z_MEM_ERROR: return .noMemory
            default: return .invalid
            }
        }
        return .tooLarge
    }

    private static func refusal(_ expected: String, _ came: String) -> PhoenixError {
        PhoenixError(.decoding, "Expected \(expected), got \(came). Compare the serializers of both ends.")
    }

    private static func input(_ source: UnsafeRawBufferPointer) -> UnsafeMutablePointer<UInt8>? {
        UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
    }

    /// Calls `body` with a stream that does not move: zlib keeps a pointer to it.
    private static func withStream<Result>(_ body: (UnsafeMutablePointer<z_stream>) -> Result) -> Result {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        return body(stream)
    }
}
