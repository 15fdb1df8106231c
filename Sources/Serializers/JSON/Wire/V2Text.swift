internal import PhoenixKit

/// The text frames of version 2.0.0: `[join_ref, ref, topic, event, payload]`, the same in both roles.
enum V2Text {
    static func decode(_ frame: Bytes) throws(PhoenixError) -> Message {
        do throws(JSONError) {
            return try frame.withScanner { scanner throws(JSONError) in try envelope(&scanner) }.message(in: frame)
        } catch {
            throw JSONEnvelope.failure(error, in: frame, version: "2.0.0")
        }
    }

    private static func envelope(_ scanner: inout JSONScanner) throws(JSONError) -> JSONEnvelope {
        scanner.skipSpace()
        guard try scanner.beginArray() else { throw scanner.failure("five elements") }
        let joinReference = try scanner.reference()
        try expectAnother(&scanner)
        let reference = try scanner.reference()
        try expectAnother(&scanner)
        let topic = try scanner.name()
        try expectAnother(&scanner)
        let event = try scanner.name()
        try expectAnother(&scanner)
        let start = scanner.position
        var reply: JSONEnvelope.Reply?
        if scanner.isReply(event) {
            reply = try scanner.reply()
        } else {
            try scanner.skipValue()
        }
        let payload = start..<scanner.position
        while try scanner.continuesArray() { try scanner.skipValue() }
        try scanner.expectEnd()
        return JSONEnvelope(
            joinReference: joinReference,
            reference: reference,
            topic: topic,
            event: event,
            payload: payload,
            reply: reply
        )
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
