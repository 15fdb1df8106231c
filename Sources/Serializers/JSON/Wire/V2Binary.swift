internal import PhoenixKit

/// The binary frames of version 2.0.0: a kind, the sizes of the header's fields at one byte each, the fields, the payload.
///
/// | kind | sent by | fields |
/// |---|---|---|
/// | 0 push | client | join_ref, ref, topic, event |
/// | 0 push | server | join_ref, topic, event |
/// | 1 reply | server | join_ref, ref, topic, status |
/// | 2 broadcast | server | topic, event |
///
/// A reference of no bytes is none.
enum V2Binary {
    private static let push: UInt8 = 0
    private static let reply: UInt8 = 1
    private static let broadcast: UInt8 = 2

    // MARK: Decoding

    static func decode(_ frame: Bytes, as role: Role) throws(PhoenixError) -> Message {
        switch (frame[0], role) {
        case (push, .server):
            var fields = try Fields(frame, count: 4)
            return try message(
                joinReference: fields.reference(),
                reference: fields.reference(),
                topic: fields.text(),
                event: fields.text(),
                payload: fields.rest
            )
        case (push, .client):
            var fields = try Fields(frame, count: 3)
            return try message(
                joinReference: fields.reference(),
                reference: nil,
                topic: fields.text(),
                event: fields.text(),
                payload: fields.rest
            )
        case (reply, .client):
            var fields = try Fields(frame, count: 4)
            return try Message(
                joinReference: fields.reference(),
                reference: fields.reference(),
                topicBytes: fields.text(),
                eventBytes: Message.Name.reply,
                status: fields.text().text,
                payload: Payload(binary: fields.rest)
            )
        case (broadcast, .client):
            var fields = try Fields(frame, count: 2)
            return try message(
                joinReference: nil,
                reference: nil,
                topic: fields.text(),
                event: fields.text(),
                payload: fields.rest
            )
        case (let kind?, .server):
            throw refusal("a push (kind 0), which is all that clients send", "kind \(kind)")
        case (let kind?, .client):
            throw refusal("a push, a reply or a broadcast (kinds 0 to 2)", "kind \(kind)")
        case (nil, _):
            throw refusal("a kind in the first byte", "an empty frame")
        }
    }

    private static func message(
        joinReference: Reference?,
        reference: Reference?,
        topic: Bytes,
        event: Bytes,
        payload: Bytes
    ) throws(PhoenixError) -> Message {
        guard event != Message.Name.reply else {
            throw refusal("the event phx_reply in a reply (kind 1) alone", "it in a push or a broadcast")
        }
        return Message(
            joinReference: joinReference,
            reference: reference,
            topicBytes: topic,
            eventBytes: event,
            payload: Payload(binary: payload)
        )
    }

    fileprivate static func refusal(_ expected: String, _ came: String) -> PhoenixError {
        PhoenixError(
            .decoding,
            "Expected a binary frame of version 2.0.0 with \(expected), got \(came). Compare the vsn of both ends."
        )
    }

    /// The fields of a header, read in order.
    private struct Fields {
        private let frame: Bytes
        /// Where the size of the next field is.
        private var size = 1
        /// Where the next field is.
        private var position: Int

        init(_ frame: Bytes, count: Int) throws(PhoenixError) {
            self.frame = frame
            position = 1 + count
            guard frame.count >= position else {
                throw refusal("a header of \(position) bytes", "\(frame) in all")
            }
        }

        /// What follows the fields read so far.
        var rest: Bytes { frame[position..<frame.count] }

        mutating func text() throws(PhoenixError) -> Bytes {
            let length = Int(frame[size] ?? 0)
            guard frame.count - position >= length else {
                throw refusal("all fields that its header announces", "\(frame) in all")
            }
            let field = frame[position..<(position + length)]
            guard field.isUTF8 else { throw refusal("fields in UTF-8", "other bytes") }
            size += 1
            position += length
            return field
        }

        mutating func reference() throws(PhoenixError) -> Reference? {
            let field = try text()
            guard !field.isEmpty else { return nil }
            return field.canonicalDecimal.map { Reference($0) } ?? Reference(text: field.text)
        }
    }

    // MARK: Encoding

    static func encode(_ message: Message, as role: Role) throws(PhoenixError) -> Frame {
        var header: Header
        switch (role, message.status) {
        case (.client, nil):
            header = Header(kind: push, count: 4, message)
            try header.append(message.joinReference, "join_ref")
            try header.append(message.reference, "ref")
            try header.append(message.topicBytes, "topic")
            try header.append(message.eventBytes, "event")
        case (.client, _):
            throw PhoenixError(
                .encoding,
                "Expected a push, got a reply with binary data, which clients cannot send. Send a push."
            )
        case (.server, let status?):
            header = Header(kind: reply, count: 4, message)
            try header.append(message.joinReference, "join_ref")
            try header.append(message.reference, "ref")
            try header.append(message.topicBytes, "topic")
            try header.append(Bytes(status), "status")
        case (.server, nil) where message.joinReference == nil && message.reference == nil:
            header = Header(kind: broadcast, count: 2, message)
            try header.append(message.topicBytes, "topic")
            try header.append(message.eventBytes, "event")
        case (.server, nil):
            // A server's push has no room for a reference; Phoenix leaves it out too.
            header = Header(kind: push, count: 3, message)
            try header.append(message.joinReference, "join_ref")
            try header.append(message.topicBytes, "topic")
            try header.append(message.eventBytes, "event")
        }
        return .binary(header.frame(with: message.payload.bytes))
    }

    /// The header of a frame, its sizes filled in as its fields are written.
    private struct Header {
        private var bytes: [UInt8] = []
        /// Where the size of the next field goes.
        private var size = 1

        init(kind: UInt8, count: Int, _ message: Message) {
            bytes.reserveCapacity(
                message.topicBytes.count + message.eventBytes.count + message.payload.bytes.count + 48
            )
            bytes.append(kind)
            bytes.append(contentsOf: repeatElement(0, count: count))
        }

        mutating func append(_ field: Bytes, _ name: StaticString) throws(PhoenixError) {
            guard field.count <= 255 else {
                throw PhoenixError(
                    .encoding,
                    "Expected a \(name) of at most 255 bytes in a binary frame, got \(field). Shorten it, or send a payload "
                        + "of JSON."
                )
            }
            guard field.isUTF8 else {
                throw PhoenixError(
                    .encoding,
                    "Expected the \(name) in UTF-8, got \(field) that are not. Make it from a String."
                )
            }
            field.withUnsafeBytes { bytes.append(contentsOf: $0) }
            finish(field.count)
        }

        mutating func append(_ reference: Reference?, _ name: StaticString) throws(PhoenixError) {
            guard let reference else { return finish(0) }
            guard let number = reference.number else { return try append(Bytes(reference.text), name) }
            let start = bytes.count
            bytes.append(decimal: number)
            finish(bytes.count - start)
        }

        private mutating func finish(_ count: Int) {
            bytes[size] = UInt8(truncatingIfNeeded: count)
            size += 1
        }

        consuming func frame(with payload: Bytes) -> Bytes {
            payload.withUnsafeBytes { bytes.append(contentsOf: $0) }
            return Bytes(bytes)
        }
    }
}

extension Bytes {
    /// The number that the bytes write as `Reference` does, without making a string of them; nil for the rare long ones too.
    fileprivate var canonicalDecimal: UInt64? {
        guard count < 20, self[0] != UInt8(ascii: "0") else { return nil }
        return withUnsafeBytes { digits in
            var number: UInt64 = 0
            for digit in digits {
                guard digit &- UInt8(ascii: "0") < 10 else { return nil }
                number = number &* 10 &+ UInt64(digit &- UInt8(ascii: "0"))
            }
            return number
        }
    }

    /// Whether the bytes are well-formed UTF-8.
    fileprivate var isUTF8: Bool {
        withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                if bytes[offset] < 0x80 {
                    offset += 1
                } else if let length = JSONScanner.multibyteLength(in: bytes, at: offset) {
                    offset += length
                } else {
                    return false
                }
            }
            return true
        }
    }
}
