import Phoenix

/// Lines such as `1|2|room:1|new_msg|{"body":"hi"}`.
struct PipeSerializer: Serializer {
    var name: String { "pipe" }
    var version: String { "7.0.0" }
    var payloadFormat: any PayloadFormat { JSONFormat() }
    var capabilities: SerializerCapabilities {
        SerializerCapabilities(emits: [.text], accepts: [.text], isLineBatchable: false)
    }

    func encode(_ message: Message, as role: Role) throws -> Frame {
        let fields = [
            message.joinReference?.text ?? "", message.reference?.text ?? "", message.topic,
            message.status.map { "phx_reply/\($0)" } ?? message.event, message.payload.bytes.text,
        ]
        return .text(fields.joined(separator: "|"))
    }

    func decode(_ frame: Frame, as role: Role) throws -> Message {
        let fields = frame.bytes.text.split(separator: "|", maxSplits: 4, omittingEmptySubsequences: false)
        guard fields.count == 5 else { throw PhoenixError(.decoding, "Expected five fields, got \(fields.count).") }
        let event = fields[3].split(separator: "/").map(String.init)
        return Message(
            joinReference: fields[0].isEmpty ? nil : Reference(text: String(fields[0])),
            reference: fields[1].isEmpty ? nil : Reference(text: String(fields[1])),
            topic: String(fields[2]),
            event: event.first ?? "",
            status: event.count > 1 ? event[1] : nil,
            payload: Payload(Bytes(fields[4]), format: JSONFormat())
        )
    }
}
