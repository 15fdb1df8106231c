internal import PhoenixKit

/// What a long-poll server says in the body of an answer: `{"status":200,"token":"…","messages":["…"]}`.
///
/// The HTTP status is 200 whatever it says (`Phoenix.Transports.LongPoll`).
struct Answer: Sendable {
    /// The status of the protocol.
    var status: Int
    /// The session's token; nil where none is given.
    var token: String?
    /// The messages, each a text frame.
    ///
    /// Those without escapes share the storage of the body; all others share one of their own.
    var messages: [Frame]

    /// Reads the body of an answer.
    ///
    /// - Throws: `.decoding` when it is no such object, `.limitExceeded` when a message is larger than `messageLimit`.
    init(_ body: Bytes, messageLimit: Int) throws(PhoenixError) {
        let parts: AnswerScanner.Parts
        do {
            parts = try body.withUnsafeBytes { source throws(AnswerScanner.Failure) in
                guard UTF8Rules.isWellFormed(source) else { throw AnswerScanner.Failure(expected: "UTF-8", offset: 0) }
                var scanner = AnswerScanner(source)
                return try scanner.scan()
            }
        } catch let failure as AnswerScanner.Failure {
            throw PhoenixError(
                .decoding,
                "Expected an answer of a Phoenix long-poll server, got \(body.count) bytes that are none: "
                    + "\(failure.expected) should be at offset \(failure.offset)."
            )
        } catch {
            throw PhoenixError(.decoding, "Expected an answer of a Phoenix long-poll server.", cause: error)
        }
        status = parts.status
        token = parts.token.map { span in
            var text: [UInt8] = []
            body.withUnsafeBytes { AnswerScanner.append(span, of: $0, to: &text) }
            return String(decoding: text, as: UTF8.self)
        }
        messages = try Self.frames(parts.messages, of: body, limit: messageLimit)
    }

    /// Unescapes all messages that need it into one storage.
    private static func frames(
        _ spans: [AnswerScanner.Span],
        of body: Bytes,
        limit: Int
    ) throws(PhoenixError) -> [Frame] {
        guard !spans.isEmpty else { return [] }
        var storage: [UInt8] = []
        storage.reserveCapacity(spans.reduce(0) { $0 + ($1.hasEscapes ? $1.range.count : 0) })
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(spans.count)
        body.withUnsafeBytes { source in
            for span in spans {
                guard span.hasEscapes else {
                    ranges.append(span.range)
                    continue
                }
                let start = storage.count
                AnswerScanner.append(span, of: source, to: &storage)
                ranges.append(start..<storage.count)
            }
        }
        if let large = ranges.first(where: { $0.count > limit }) {
            throw PhoenixError(
                .limitExceeded,
                "Expected messages of at most \(limit) bytes, got one of \(large.count). Allow more, or send less."
            )
        }
        let unescaped = Bytes(storage)
        return zip(spans, ranges).map { span, range in .text((span.hasEscapes ? unescaped : body)[range]) }
    }
}
