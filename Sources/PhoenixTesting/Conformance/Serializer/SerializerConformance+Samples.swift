internal import PhoenixKit

extension SerializerConformance {
    /// Values of all kinds; a format need not say each of them.
    private static let values: [Value] = [
        [:], ["body": "hi"], ["a": ["b": ["c": [1, 2.5, true, nil, "x"]]]],
        ["": "", "quote\"\\/": "line\nbreak \u{0}\u{7F}"],
        ["smiley": "😀 ☃ e\u{301} \u{FFFF}\u{10FFFF}"], [], [1, -1, 0], [nil], "text", "", 0, -1, 1.5, true, false, nil,
        .signed(.min), .signed(.max), .unsigned(.max), .double(1e300), .double(-0.1),
    ]

    /// What is sent as payloads: what was given, or all values that the format can say.
    ///
    /// - Throws: a breach where there is none.
    func samplePayloads() throws -> [Payload] {
        if let payloads, !payloads.isEmpty { return payloads }
        let format = serializer.payloadFormat
        let encoded = Self.values.compactMap { value in
            (try? format.encode(value: value)).map { Payload($0, format: format) }
        }
        guard !encoded.isEmpty else {
            throw ConformanceBreach(
                "Expected a format that can say objects, got \(format.name), which refuses all values. "
                    + "Give SerializerConformance payloads that it can say."
            )
        }
        return encoded
    }

    /// A payload where any will do.
    func anyPayload() throws -> Payload {
        let payloads = try samplePayloads()
        guard let payload = payloads.dropFirst().first ?? payloads.first else {
            throw ConformanceBreach("Expected a payload to send, got none.")
        }
        return payload
    }

    /// What a client sends, with references.
    func clientMessages() throws -> [Message] {
        let payload = try anyPayload()
        return [
            Message(joinReference: 1, reference: 1, topic: "room:lobby", event: "phx_join", payload: payload),
            Message(joinReference: 1, reference: 2, topic: "room:lobby", event: "new_msg", payload: payload),
            Message(joinReference: 1, reference: 3, topic: "room:lobby", event: "phx_leave", payload: payload),
        ]
    }

    /// What a server sends apart from replies, with the references that it gives.
    func serverMessages() throws -> [Message] {
        let payload = try anyPayload()
        return [
            Message(joinReference: 1, topic: "room:lobby", event: "new_msg", payload: payload),
            Message(joinReference: 4, topic: "room:1", event: "presence_state", payload: payload),
            Message(joinReference: 4, topic: "room:1", event: "phx_error", payload: payload),
            Message(joinReference: 1, topic: "room:lobby", event: "phx_close", payload: payload),
        ]
    }

    /// A reply to `reference`.
    func reply(_ status: String, to reference: Reference? = 2, payload: Payload? = nil) throws -> Message {
        Message(
            joinReference: 1,
            reference: reference,
            topic: "room:lobby",
            event: "phx_reply",
            status: status,
            payload: try payload ?? anyPayload()
        )
    }

    /// A client's push with these names.
    func push(topic: String = "room:lobby", event: String = "new_msg", payload: Payload? = nil) throws -> Message {
        Message(joinReference: 1, reference: 2, topic: topic, event: event, payload: try payload ?? anyPayload())
    }

    /// All that travels in a conversation, with who sends it.
    func conversation() throws -> [(sender: Role, message: Message)] {
        try clientMessages().map { (.client, $0) } + serverMessages().map { (.server, $0) }
            + ["ok", "error"].map { (.server, try reply($0)) }
    }
}
