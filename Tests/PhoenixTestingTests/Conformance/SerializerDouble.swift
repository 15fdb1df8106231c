import PhoenixJSON
import PhoenixKit
import PhoenixTesting
import Synchronization

/// A serializer that breaks one rule: JSON of version 2.0.0 with one thing done wrong.
struct SerializerDouble: Serializer {
    /// What it does wrong.
    let fault: String
    var omissions: SerializerConformance.Omissions = []
    var base = JSONSerializer.v2
    var version = JSONSerializer.v2.version
    var capabilities = JSONSerializer.v2.capabilities
    var payloadFormat: any PayloadFormat = JSONFormat()
    var encoding: @Sendable (JSONSerializer, Message, Role) throws -> Frame = { try $0.encode($1, as: $2) }
    var decoding: @Sendable (JSONSerializer, Frame, Role) throws -> Message = { try $0.decode($1, as: $2) }

    var name: String { "double" }

    func encode(_ message: Message, as role: Role) throws -> Frame { try encoding(base, message, role) }
    func decode(_ frame: Frame, as role: Role) throws -> Message { try decoding(base, frame, role) }

    /// A double that changes messages before it encodes them.
    static func sending(
        _ fault: String,
        _ change: @escaping @Sendable (inout Message, Role) -> Void
    ) -> SerializerDouble {
        SerializerDouble(
            fault: fault,
            encoding: { base, message, role in
                var message = message
                change(&message, role)
                return try base.encode(message, as: role)
            }
        )
    }

    /// A double that changes messages after it decoded them.
    static func receiving(_ fault: String, _ change: @escaping @Sendable (inout Message) -> Void) -> SerializerDouble {
        SerializerDouble(
            fault: fault,
            decoding: { base, frame, role in
                var message = try base.decode(frame, as: role)
                change(&message)
                return message
            }
        )
    }

    /// By the name of the rule that each breaks.
    static let all: [String: SerializerDouble] = [
        "serializer.identity": SerializerDouble(fault: "calls its version `two`", version: "two"),
        "serializer.client-to-server": sending("sends a leave as `leave`") { message, _ in
            if message.event == "phx_leave" { message.eventBytes = "leave" }
        },
        "serializer.server-to-client": sending("sends a close as `phx_closed`") { message, _ in
            if message.event == "phx_close" { message.eventBytes = "phx_closed" }
        },
        "serializer.replies": receiving("reads every status but `ok` as `error`") { message in
            if let status = message.status, status.utf8.count < 255, status != "ok" { message.status = "error" }
        },
        "serializer.null-references": sending("gives broadcasts the join reference 0") { message, role in
            if role == .server, message.reference == nil, message.joinReference == nil, !message.payload.isBinary {
                message.joinReference = 0
            }
        },
        "serializer.reference-forms": receiving("reads references as numbers") { message in
            let number = message.reference.flatMap { UInt64($0.text) }
            if let number { message.reference = Reference(number) }
        },
        "serializer.names": sending("replaces line breaks in topics") { message, _ in
            if message.topicBytes.validatedText != nil {
                message.topicBytes = Bytes(message.topic.map { $0.isNewline ? " " : String($0) }.joined())
            }
        },
        "serializer.invalid-names": sending("repairs names that are no UTF-8") { message, _ in
            message.topicBytes = Bytes(message.topic)
            message.eventBytes = Bytes(message.event)
        },
        "serializer.long-names": sending("cuts topics to 255 bytes") { message, _ in
            message.topicBytes = message.topicBytes[0..<255]
        },
        "serializer.payloads": receiving("reads null as an empty object") { message in
            if message.status == nil, message.payload.isNull { message.payload = Payload("{}", format: JSONFormat()) }
        },
        "serializer.binary-payloads": receiving("takes a zero at the end of binary data for its end") { message in
            if message.payload.isBinary, message.payload.bytes == [0] { message.payload = Payload(binary: []) }
        },
        "serializer.large-payloads": receiving("reads binary data up to 64 kB") { message in
            if message.payload.isBinary { message.payload = Payload(binary: message.payload.bytes[0..<65_536]) }
        },
        "serializer.frame-kinds": SerializerDouble(
            fault: "does not name the binary frames that it writes",
            capabilities: SerializerCapabilities(emits: [.text], accepts: [.text, .binary], isLineBatchable: true)
        ),
        "serializer.foreign-kinds": SerializerDouble(
            fault: "reads binary frames as if they were text",
            omissions: [.joinReferenceFromServer, .binaryPayloads],
            base: .v1,
            version: "1.0.0",
            capabilities: JSONSerializer.v1.capabilities,
            decoding: { try $0.decode(.text($1.bytes), as: $2) }
        ),
        "serializer.lines": SerializerDouble(
            fault: "begins its text frames with a space",
            encoding: { base, message, role in
                let frame = try base.encode(message, as: role)
                return frame.kind == .text ? .text(Bytes([0x20] + frame.bytes.array)) : frame
            }
        ),
        "serializer.stateless": forgetful,
        "serializer.malformed": SerializerDouble(
            fault: "reads a frame of no bytes as a heartbeat",
            decoding: { base, frame, role in
                guard frame.bytes.isEmpty else { return try base.decode(frame, as: role) }
                return Message(topic: "phoenix", event: "heartbeat", payload: Payload(binary: []))
            }
        ),
        "serializer.damaged": SerializerDouble(
            fault: "makes a reply without a status of what it cannot read",
            decoding: { base, frame, role in
                do {
                    return try base.decode(frame, as: role)
                } catch  where frame.bytes.count > 8 && Set(frame.bytes).count > 1 {
                    return Message(topic: "", event: "phx_reply", payload: Payload(binary: frame.bytes))
                }
            }
        ),
        "serializer.format": SerializerDouble(
            fault: "has a format that reads no bytes as null",
            payloadFormat: LenientFormat()
        ),
    ]

    /// Refuses a frame that comes twice in a row.
    private static var forgetful: SerializerDouble {
        let last = LastFrame()
        return SerializerDouble(
            fault: "refuses a frame that it has just read",
            decoding: { base, frame, role in
                if last.isRepeated(frame) { throw PhoenixError(.decoding, "Expected another frame, got the same.") }
                return try base.decode(frame, as: role)
            }
        )
    }
}

private final class LastFrame: Sendable {
    private let frame = Mutex<Frame?>(nil)

    func isRepeated(_ next: Frame) -> Bool {
        frame.withLock { last in
            defer { last = next }
            return last == next
        }
    }
}

/// JSON that reads no bytes at all as null.
private struct LenientFormat: PayloadFormat {
    var name: String { "JSON" }
    func encode<Value: Encodable>(_ value: Value) throws -> Bytes { try JSONFormat().encode(value) }
    func encode(value: Value) throws -> Bytes { try JSONFormat().encode(value: value) }
    func decode<Value: Decodable>(_ type: Value.Type, from bytes: Bytes) throws -> Value {
        try JSONFormat().decode(type, from: bytes)
    }
    func value(of bytes: Bytes) throws -> Value { bytes.isEmpty ? .null : try JSONFormat().value(of: bytes) }
}
