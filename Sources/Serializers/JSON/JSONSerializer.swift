public import PhoenixKit

/// Phoenix messages as JSON: the serializers that come with Phoenix itself, in both roles.
///
/// `JSONSerializer.v2` (`vsn=2.0.0`, Phoenix.Socket.V2.JSONSerializer) writes arrays, and binary payloads as binary frames.
/// `JSONSerializer.v1` (`vsn=1.0.0`, Phoenix.Socket.V1.JSONSerializer) writes maps, and has no binary payloads.
///
/// What is read is checked to the last byte, payload included, before a message comes of it; names and payload of the
/// message are slices of the frame. All errors are `PhoenixError`: `.decoding` with a `JSONError` as its cause where the
/// text is not JSON, `.encoding` where a message has no place on the wire.
public struct JSONSerializer: Serializer {
    private enum Version: Sendable {
        case one, two
    }

    /// Version 2.0.0: text frames `[join_ref, ref, topic, event, payload]` and binary frames.
    public static let v2 = JSONSerializer(wire: .two)
    /// Version 1.0.0: text frames `{"topic":…,"event":…,"payload":…,"ref":…,"join_ref":…}`.
    public static let v1 = JSONSerializer(wire: .one)

    private let wire: Version

    private init(wire: Version) {
        self.wire = wire
    }

    public var name: String { "json" }

    public var version: String {
        switch wire {
        case .one: "1.0.0"
        case .two: "2.0.0"
        }
    }

    public var capabilities: SerializerCapabilities {
        switch wire {
        case .one: SerializerCapabilities(emits: [.text], accepts: [.text], isLineBatchable: false)
        case .two: SerializerCapabilities(emits: [.text, .binary], accepts: [.text, .binary], isLineBatchable: true)
        }
    }

    public var payloadFormat: any PayloadFormat { JSONFormat() }

    /// Encodes `message` as `role` would send it.
    ///
    /// The payload is checked: it must be one JSON value, or binary data under V2. Line breaks between its tokens are left
    /// out, so that a text frame is always one line.
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
        return switch (wire, message.payload.isBinary) {
        case (.two, false): try V2Text.encode(message)
        case (.two, true): try V2Binary.encode(message, as: role)
        case (.one, false): try V1Text.encode(message, as: role)
        case (.one, true):
            throw PhoenixError(
                .encoding,
                "Expected a payload of JSON, got the \(message.payload.bytes) of a binary one, which version 1.0.0 cannot "
                    + "carry. Use JSONSerializer.v2."
            )
        }
    }

    /// Decodes a frame that `role` received.
    ///
    /// A topic or an event that is null reads as an empty one: Phoenix itself sends a null topic back to who sent one.
    /// Members and elements that the protocol does not know are ignored.
    ///
    /// - Throws: `PhoenixError` with `.decoding`.
    public func decode(_ frame: Frame, as role: Role) throws(PhoenixError) -> Message {
        switch (wire, frame.kind) {
        case (.two, .text):
            return try V2Text.decode(frame.bytes)
        case (.two, .binary):
            return try V2Binary.decode(frame.bytes, as: role)
        case (.one, .binary) where role == .client:
            throw PhoenixError(
                .decoding,
                "Expected text, got a binary frame of \(frame.bytes), which servers do not send in version 1.0.0."
            )
        case (.one, _):
            // Phoenix reads what a V1 client sends in a binary frame as if it were text.
            return try V1Text.decode(frame.bytes, as: role)
        }
    }
}
