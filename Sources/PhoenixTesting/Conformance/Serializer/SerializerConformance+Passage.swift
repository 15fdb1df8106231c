internal import PhoenixKit

extension SerializerConformance {
    /// Encodes what must be sayable.
    func encoded(_ message: Message, by sender: Role) throws -> Frame {
        do {
            return try serializer.encode(message, as: sender)
        } catch {
            throw ConformanceBreach("Expected a frame for \(words(message, sender)), got the error: \(error)")
        }
    }

    /// Decodes what must be readable.
    func decoded(_ frame: Frame, from sender: Role, _ message: Message) throws -> Message {
        do {
            return try serializer.decode(frame, as: sender.peer)
        } catch {
            throw ConformanceBreach(
                "Expected \(words(message, sender)) to be read from its own frame of \(frame.bytes), "
                    + "got the error: \(error)"
            )
        }
    }

    /// What arrives of `message`.
    func passed(_ message: Message, from sender: Role) throws -> Message {
        try decoded(encoded(message, by: sender), from: sender, message)
    }

    /// What must arrive of `message`, whose wire may leave something out by design.
    func expected(_ message: Message, from sender: Role) -> Message {
        var message = message
        if sender == .server, omissions.contains(.joinReferenceFromServer) { message.joinReference = nil }
        return message
    }

    /// Requires that `message` arrives as it was.
    func requirePassage(_ message: Message, from sender: Role) throws {
        try requireEqual(try passed(message, from: sender), expected(message, from: sender), sender)
    }

    /// Requires that `message` arrives as it was, or is refused by the encoder.
    func requirePassageOrRefusal(_ message: Message, from sender: Role) throws {
        guard let frame = try? serializer.encode(message, as: sender) else { return }
        try requireEqual(try decoded(frame, from: sender, message), expected(message, from: sender), sender)
    }

    /// Requires that two messages are the same, and tells the first part in which they are not.
    func requireEqual(_ received: Message, _ sent: Message, _ sender: Role) throws {
        func differ(_ part: String, _ expected: String, _ got: String) -> ConformanceBreach {
            ConformanceBreach("Expected \(part) \(expected) of \(words(sent, sender)), got \(got).")
        }
        if received.topicBytes != sent.topicBytes {
            throw differ("the topic", quoted(sent.topic), quoted(received.topic))
        }
        if received.eventBytes != sent.eventBytes {
            throw differ("the event", quoted(sent.event), quoted(received.event))
        }
        if received.joinReference != sent.joinReference {
            throw differ("the join reference", words(sent.joinReference), words(received.joinReference))
        }
        if received.reference != sent.reference {
            throw differ("the reference", words(sent.reference), words(received.reference))
        }
        if received.status != sent.status {
            throw differ("the status", sent.status.map(quoted) ?? "none", received.status.map(quoted) ?? "none")
        }
        if !isSame(received.payload, sent.payload) {
            throw differ("the payload, \(sent.payload),", "as it was sent", "\(received.payload), another one")
        }
    }

    /// Whether two payloads are of one format and say the same.
    private func isSame(_ received: Payload, _ sent: Payload) -> Bool {
        if received == sent { return true }
        guard received.format?.name == sent.format?.name, !sent.isBinary else { return false }
        guard let one = try? received.value(), let other = try? sent.value() else { return false }
        return one == other
    }

    private func words(_ reference: Reference?) -> String { reference.map { quoted($0.text) } ?? "none" }

    private func words(_ message: Message, _ sender: Role) -> String {
        "the \(sender)'s message \(quoted(message.event)) on \(quoted(message.topic))"
    }

    /// A text in quotation marks, cut where it is long.
    private func quoted(_ text: String) -> String {
        text.count > 60 ? "\(text.prefix(60).debugDescription)… (\(text.utf8.count) bytes)" : text.debugDescription
    }
}
