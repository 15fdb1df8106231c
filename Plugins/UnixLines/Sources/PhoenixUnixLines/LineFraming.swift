public import PhoenixKit

/// Frames as lines: `t` or `b`, the number of bytes in decimal, a line feed, the bytes, and a line feed.
public enum LineFraming {
    /// The bytes that say `frame`.
    ///
    /// - Throws: `.encoding` for text that is no UTF-8, which the other end would refuse.
    public static func encode(_ frame: Frame) throws -> [UInt8] {
        guard frame.kind == .binary || frame.bytes.validatedText != nil else {
            throw PhoenixError(.encoding, "Expected text in UTF-8, got other bytes. Send them in a binary frame.")
        }
        let mark = frame.kind == .text ? "t" : "b"
        return Array("\(mark)\(frame.bytes.count)\n".utf8) + frame.bytes.array + [UInt8(ascii: "\n")]
    }

    /// Takes the first frame off `buffer`; nil when it has not arrived whole.
    ///
    /// - Throws: `.transportProtocol` for what is no frame, `.limitExceeded` for one of more than `limit` bytes.
    public static func decode(_ buffer: inout [UInt8], limit: Int) throws -> Frame? {
        guard let end = buffer.firstIndex(of: UInt8(ascii: "\n")) else {
            if buffer.count > 20 { throw invalid("a line of more than 20 bytes") }
            return nil
        }
        let head = buffer[..<end]
        guard let mark = head.first, mark == UInt8(ascii: "t") || mark == UInt8(ascii: "b") else {
            throw invalid("a line that begins with neither t nor b")
        }
        guard let count = Int(String(decoding: head.dropFirst(), as: UTF8.self)), count >= 0 else {
            throw invalid("a line without a number of bytes")
        }
        guard count <= limit else {
            throw PhoenixError(.limitExceeded, "Expected a frame of at most \(limit) bytes, got one of \(count).")
        }
        guard buffer.count >= end + count + 2 else { return nil }
        guard buffer[end + 1 + count] == UInt8(ascii: "\n") else {
            throw invalid("bytes without a line feed after them")
        }
        let bytes = Bytes(Array(buffer[(end + 1)..<(end + 1 + count)]))
        buffer.removeSubrange(...(end + 1 + count))
        guard mark == UInt8(ascii: "b") || bytes.validatedText != nil else { throw invalid("text that is no UTF-8") }
        return Frame(kind: mark == UInt8(ascii: "t") ? .text : .binary, bytes: bytes)
    }

    private static func invalid(_ got: String) -> PhoenixError {
        PhoenixError(.transportProtocol, "Expected frames as lines, got \(got). Check what listens at the other end.")
    }
}
