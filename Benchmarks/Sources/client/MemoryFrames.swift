internal import PhoenixJSON
internal import PhoenixKit
internal import PhoenixMessagePack

extension Plan {
    /// The frame for a message that is written in JSON.
    func frame(_ text: String) throws -> Frame {
        guard isMessagePack else { return .text(Bytes(text)) }
        let serializer = MessagePackSerializer()
        var message = try JSONSerializer.v2.decode(.text(Bytes(text)), as: .client)
        message.payload = try PayloadContent.payload(message.payload).encode(in: serializer.payloadFormat)
        return try serializer.encode(message, as: .server)
    }
}
