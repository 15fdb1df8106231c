public import PhoenixKit

/// Phoenix messages in MessagePack: the arrays of version 2.0.0, `[join_ref, ref, topic, event, payload]`, in binary frames.
///
/// A reply's payload is a map of `status` and `response`, as in JSON. Binary data is a payload, or a response, of
/// MessagePack's own type for it. What is read is checked to the last byte, payload included, before a message comes of it;
/// names and payload of the message are slices of the frame. All errors are `PhoenixError`: `.decoding` with a
/// `MessagePackError` as its cause where the bytes are no message, `.encoding` where a message has no place on the wire.
///
/// Both roles write alike. The server needs a serializer of the same format; the plug-in's README has one for Phoenix.
public struct MessagePackSerializer: Serializer {
    /// The format of the payloads, and its limits.
    public let format: MessagePackFormat
    /// The `vsn` sent to the server.
    public let version: String

    /// - Parameters:
    ///   - version: the `vsn` sent to the server, by which Phoenix picks the serializer: one of its own where the socket
    ///     speaks JSON as well.
    ///   - limits: what is read and written at most; `size` counts for the whole frame here.
    public init(version: String = "2.0.0", limits: MessagePackLimits = MessagePackLimits()) {
        self.version = version
        format = MessagePackFormat(limits: limits)
    }

    public var name: String { "messagepack" }

    public var capabilities: SerializerCapabilities {
        SerializerCapabilities(emits: [.binary], accepts: [.binary], isLineBatchable: false)
    }

    public var payloadFormat: any PayloadFormat { format }

    /// Encodes `message`, alike for both roles.
    ///
    /// The payload is checked: it must be one whole value of MessagePack, or binary data.
    ///
    /// - Throws: `PhoenixError` with `.encoding`.
    public func encode(_ message: Message, as role: Role) throws(PhoenixError) -> Frame {
        guard (message.status != nil) == (message.eventBytes == Message.Name.reply) else {
            throw PhoenixError(
                .encoding,
                "Expected a status with the event phx_reply and with no other, got a message where only one of the two is "
                    + "there. Set the status of replies and the event of everything else."
            )
        }
        return .binary(try PackEnvelope.encode(message, format))
    }

    /// Decodes a frame, alike for both roles.
    ///
    /// A topic or an event that is nil reads as an empty one. Members and elements that the protocol does not know are
    /// ignored.
    ///
    /// - Throws: `PhoenixError` with `.decoding`.
    public func decode(_ frame: Frame, as role: Role) throws(PhoenixError) -> Message {
        guard frame.kind == .binary else {
            throw PhoenixError(
                .decoding,
                "Expected a binary frame of MessagePack, got \(frame.bytes) of text. Compare the serializers of both ends."
            )
        }
        do throws(MessagePackError) {
            return try PackEnvelope.decode(frame.bytes, format)
        } catch {
            throw PhoenixError(
                .decoding,
                "Expected a message in MessagePack, got \(frame.bytes) where this does not hold: \(error). Compare the "
                    + "serializers of both ends.",
                cause: error
            )
        }
    }
}
