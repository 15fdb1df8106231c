internal import PhoenixKit

/// The text frames of version 2.0.0: `[join_ref, ref, topic, event, payload]`, the same in both roles.
enum V2Text {
    static func decode(_ frame: Bytes) throws(PhoenixError) -> Message {
        var envelope = JSONEnvelope()
        do throws(JSONError) {
            try frame.withScanner { scanner throws(JSONError) in try scan(&scanner, into: &envelope) }
        } catch {
            throw JSONEnvelope.failure(error, in: frame, version: "2.0.0")
        }
        return envelope.message(in: frame)
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
