private import FoundationEssentials
internal import PhoenixKit

/// What the body of a long-poll POST holds (Phoenix.Transports.LongPoll, `publish`).
enum LongPollBatch {
    /// The media type that makes a body a batch, exactly as it must be written.
    static let contentType = "application/x-ndjson"

    /// The messages of a body, at most `limit` of them, or nil where Phoenix raises: a line that does not begin with
    /// `[` and is not base64.
    ///
    /// Under any other content type, or none, the whole body is one text message.
    static func frames(of body: Bytes, contentType values: [String], limit: Int) -> [Frame]? {
        guard values == [contentType] else { return [.text(body)] }
        var frames: [Frame] = []
        var start = 0
        while frames.count < limit {
            var end = start
            while let byte = body[end], byte != UInt8(ascii: "\n") { end += 1 }
            let isLast = end == body.count
            let line = body[start..<(isLast || end == start || body[end - 1] != UInt8(ascii: "\r") ? end : end - 1)]
            guard let frame = frame(of: line) else { return nil }
            frames.append(frame)
            if isLast { break }
            start = end + 1
        }
        return frames
    }

    private static func frame(of line: Bytes) -> Frame? {
        if line[0] == UInt8(ascii: "[") { return .text(line) }
        return line.withUnsafeBytes { Data(base64Encoded: Data($0)) }.map { .binary(Bytes(Array($0))) }
    }
}
