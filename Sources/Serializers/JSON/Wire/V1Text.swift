internal import PhoenixKit

/// The text frames of version 1.0.0: maps.
///
/// Their members are in the order in which Phoenix's own ends write them.
enum V1Text {
    static func decode(_ frame: Bytes, as role: Role) throws(PhoenixError) -> Message {
        var envelope = JSONEnvelope()
        do throws(JSONError) {
            try frame.withScanner { scanner throws(JSONError) in try scan(&scanner, into: &envelope, as: role) }
        } catch {
            throw JSONEnvelope.failure(error, in: frame, version: "1.0.0")
        }
        return envelope.message(in: frame)
    }

    private static func scan(
        _ scanner: inout JSONScanner,
        into envelope: inout JSONEnvelope,
        as role: Role
    ) throws(JSONError) {
        var topic: JSONText?
        var event: JSONText?
        var hasReference = false
        scanner.skipSpace()
        var hasMore = try scanner.beginObject()
        while hasMore {
            let key = try scanner.key()
            if scanner.matches(key, Key.topic) {
                topic = try scanner.name()
            } else if scanner.matches(key, Key.event) {
                event = try scanner.name()
            } else if scanner.matches(key, Key.reference) {
                envelope.reference = try scanner.reference()
                hasReference = true
            } else if scanner.matches(key, Key.joinReference) {
                envelope.joinReference = try scanner.reference()
            } else {
                let start = scanner.position
                try scanner.skipValue()
                if scanner.matches(key, Key.payload) { envelope.payload = start..<scanner.position }
            }
            hasMore = try scanner.continuesObject()
        }
        try scanner.expectEnd()
        guard let topic else { throw scanner.failure("a topic before the end") }
        guard let event else { throw scanner.failure("an event before the end") }
        guard let payload = envelope.payload else { throw scanner.failure("a payload before the end") }
        // Phoenix matches on all four when it reads; what it sends has them all, but nothing hangs on it.
        guard hasReference || role == .client else { throw scanner.failure("a ref before the end") }
        envelope.topic = topic
        envelope.event = event
        if scanner.isReply(event) {
            scanner.position = payload.lowerBound
            try scanner.skipReply(into: &envelope)
        }
    }

    private enum Key {
        static let topic = JSONKey("topic")
        static let event = JSONKey("event")
        static let payload = JSONKey("payload")
        static let reference = JSONKey("ref")
        static let joinReference = JSONKey("join_ref")
    }

    static func encode(_ message: Message, as role: Role) throws(PhoenixError) -> Frame {
        var writer = JSONWriter(
            capacity: message.topicBytes.count + message.eventBytes.count + message.payload.bytes.count + 128
        )
        switch role {
        case .client:
            writer.write("{\"topic\":")
            try writer.write(name: message.topicBytes, "topic")
            writer.write(",\"event\":")
            try writer.write(name: message.eventBytes, "event")
            writer.write(",\"payload\":")
            try writer.writePayload(of: message)
            writer.write(",\"ref\":")
            writer.write(message.reference)
            if let joinReference = message.joinReference {
                writer.write(",\"join_ref\":")
                writer.write(joinReference)
            }
        case .server:
            // The server keeps the join reference to itself.
            writer.write("{\"event\":")
            try writer.write(name: message.eventBytes, "event")
            writer.write(",\"payload\":")
            try writer.writePayload(of: message)
            writer.write(",\"ref\":")
            writer.write(message.reference)
            writer.write(",\"topic\":")
            try writer.write(name: message.topicBytes, "topic")
        }
        writer.write(UInt8(ascii: "}"))
        return .text(Bytes(writer.bytes))
    }
}
