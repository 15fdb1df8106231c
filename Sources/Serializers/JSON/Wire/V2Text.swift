internal import PhoenixKit

/// The text frames of version 2.0.0: `[join_ref, ref, topic, event, payload]`, the same in both roles.
enum V2Text {
    static func decode(_ frame: Bytes) throws(PhoenixError) -> Message {
        guard let parts = frame.withUnsafeBytes({ Parts($0) }) else { return try scanned(frame) }
        return parts.message(in: frame)
    }

    /// The message in any frame that is one.
    @inline(never)
    static func scanned(_ frame: Bytes) throws(PhoenixError) -> Message {
        var envelope = JSONEnvelope()
        do throws(JSONError) {
            try frame.withScanner { scanner throws(JSONError) in try scan(&scanner, into: &envelope) }
        } catch {
            throw JSONEnvelope.failure(error, in: frame, version: "2.0.0")
        }
        return envelope.message(in: frame)
    }

    /// Where the parts of a message are in a frame as ends of this protocol usually write it; there are none where the scanner is to judge.
    private struct Parts {
        private var joinReference: UInt64?
        private var reference: UInt64?
        private var topic: Range<Int>
        private var event: Range<Int>
        /// Quotes included.
        private var status: Range<Int>?
        private var payload: Range<Int>

        @inline(__always)
        init?(_ bytes: UnsafeRawBufferPointer) {
            let comma = UInt8(ascii: ",")
            guard let text = JSONShortcut(bytes), text.has(UInt8(ascii: "["), at: 0),
                let join = text.reference(at: 1), text.has(comma, at: join.end),
                let own = text.reference(at: join.end &+ 1), text.has(comma, at: own.end),
                let topicEnd = text.string(at: own.end &+ 1), text.has(comma, at: topicEnd),
                let eventEnd = text.string(at: topicEnd &+ 1), text.has(comma, at: eventEnd)
            else { return nil }
            (joinReference, reference) = (join.number, own.number)
            topic = Range(uncheckedBounds: (own.end &+ 2, topicEnd &- 1))
            event = Range(uncheckedBounds: (topicEnd &+ 2, eventEnd &- 1))
            let start = eventEnd &+ 1
            let end: Int?
            if text.holds("phx_reply", in: event) {
                var (status, response): (Range<Int>?, Range<Int>?)
                end = text.object(at: start, depth: 0) { key, value in
                    if text.holds("status", in: key) { status = value }
                    if text.holds("response", in: key) { response = value }
                }
                guard let status, let response, text.string(at: status.lowerBound) == status.upperBound else {
                    return nil
                }
                (self.status, payload) = (status, response)
            } else {
                end = text.object(at: start, depth: 1) { _, _ in }
                payload = Range(uncheckedBounds: (start, end ?? start))
            }
            guard let end, text.has(UInt8(ascii: "]"), at: end), end &+ 1 == text.end else { return nil }
        }

        @inline(__always)
        func message(in frame: Bytes) -> Message {
            Message(
                joinReference: joinReference.map { Reference($0) },
                reference: reference.map { Reference($0) },
                topicBytes: frame[topic],
                eventBytes: frame[event],
                status: status.map { frame[($0.lowerBound &+ 1)..<($0.upperBound &- 1)].text },
                payload: Payload(frame[payload], format: JSONFormat())
            )
        }
    }

    private static func scan(_ scanner: inout JSONScanner, into envelope: inout JSONEnvelope) throws(JSONError) {
        scanner.skipSpace()
        guard try scanner.beginArray() else { throw scanner.failure("five elements") }
        envelope.joinReference = try scanner.reference()
        try expectAnother(&scanner)
        envelope.reference = try scanner.reference()
        try expectAnother(&scanner)
        envelope.topic = try scanner.name()
        try expectAnother(&scanner)
        let event = try scanner.name()
        envelope.event = event
        try expectAnother(&scanner)
        if scanner.isReply(event) {
            try scanner.skipReply(into: &envelope)
        } else {
            let start = scanner.position
            try scanner.skipPayload()
            envelope.payload = start..<scanner.position
        }
        while try scanner.continuesArray() { try scanner.skipValue() }
        try scanner.expectEnd()
    }

    @inline(__always)
    private static func expectAnother(_ scanner: inout JSONScanner) throws(JSONError) {
        guard try scanner.continuesArray() else { throw scanner.failure("five elements") }
    }

    static func encode(_ message: Message) throws(PhoenixError) -> Frame {
        var writer = JSONWriter(
            capacity: message.topicBytes.count + message.eventBytes.count + message.payload.bytes.count + 96
        )
        writer.write(UInt8(ascii: "["))
        writer.write(message.joinReference)
        writer.write(UInt8(ascii: ","))
        writer.write(message.reference)
        writer.write(UInt8(ascii: ","))
        try writer.write(name: message.topicBytes, "topic")
        writer.write(UInt8(ascii: ","))
        try writer.write(name: message.eventBytes, "event")
        writer.write(UInt8(ascii: ","))
        try writer.writePayload(of: message)
        writer.write(UInt8(ascii: "]"))
        return .text(Bytes(writer.bytes))
    }
}
