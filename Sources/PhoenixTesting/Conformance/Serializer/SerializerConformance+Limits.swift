internal import PhoenixKit

/// Messages that need not be sayable, and frames that are none.
extension SerializerConformance {
    func judgeInvalidNames() throws {
        let payload = try anyPayload()
        let invalid: [Bytes] = [[0xFF], [0x61, 0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80]]
        for name in invalid {
            for (topic, event) in [(name, Bytes("new_msg")), (Bytes("room:1"), name)] {
                let message = Message(
                    joinReference: 1,
                    reference: 2,
                    topicBytes: topic,
                    eventBytes: event,
                    payload: payload
                )
                for role in Role.allCases where (try? serializer.encode(message, as: role)) != nil {
                    throw ConformanceBreach(
                        "Expected an error for a name that is no UTF-8, got a frame of the \(role)."
                    )
                }
            }
        }
    }

    func judgeLongNames() throws {
        for length in [255, 256, 70_000] {
            let name = String(repeating: "n", count: length)
            var answer = try reply(name)
            try requirePassageOrRefusal(answer, from: .server)
            answer = try reply("ok", to: Reference(text: name))
            try requirePassageOrRefusal(answer, from: .server)
            for payload in [try anyPayload(), Payload(binary: [1, 2, 3])] {
                try requirePassageOrRefusal(try push(topic: name, payload: payload), from: .client)
                try requirePassageOrRefusal(try push(event: name, payload: payload), from: .client)
                let news = Message(joinReference: 1, topic: name, event: name, payload: payload)
                try requirePassageOrRefusal(news, from: .server)
            }
        }
    }

    func judgeBinaryPayloads() throws {
        let samples: [Bytes] = [[], [0], Bytes(Array(0...255)), Bytes("[1,\"text\"]")]
        for sample in samples {
            let payload = Payload(binary: sample)
            let messages: [(Role, Message)] = [
                (.client, try push(payload: payload)), (.server, try reply("ok", payload: payload)),
                (.server, Message(joinReference: 1, topic: "room:1", event: "news", payload: payload)),
                (.server, Message(topic: "room:1", event: "news", payload: payload)),
            ]
            for (sender, message) in messages {
                guard omissions.contains(.binaryPayloads) else {
                    try requirePassage(message, from: sender)
                    continue
                }
                if (try? serializer.encode(message, as: sender)) != nil {
                    throw ConformanceBreach("Expected an error for binary data, which is omitted, got a frame.")
                }
            }
        }
    }

    func judgeLargePayloads() throws {
        var generator = SplitMix64(seed: 7)
        let noise = Bytes((0..<1_000_000).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
        try requirePassageOrRefusal(try push(payload: Payload(binary: noise)), from: .client)
        let format = serializer.payloadFormat
        let text = (0..<62_500).map { String($0 &+ 1_000_000_000_000_000) }.joined()
        guard let bytes = try? format.encode(value: ["text": .string(text)]) else { return }
        let payload = Payload(bytes, format: format)
        try requirePassageOrRefusal(try push(payload: payload), from: .client)
        try requirePassageOrRefusal(try reply("ok", payload: payload), from: .server)
    }

    func judgeForeignKinds() throws {
        let foreign = Frame.Kind.allCases.filter { !serializer.capabilities.accepts.contains($0) }
        guard !foreign.isEmpty else { throw ConformanceExemption(words: "it reads all kinds of frame") }
        for message in try serverMessages() {
            let bytes = try encoded(message, by: .server).bytes
            for kind in foreign where (try? serializer.decode(Frame(kind: kind, bytes: bytes), as: .client)) != nil {
                throw ConformanceBreach("Expected an error for a \(kind) frame, got a message.")
            }
        }
    }

    func judgeMalformedFrames() throws {
        for role in Role.allCases {
            for kind in serializer.capabilities.accepts {
                // The tilde begins nothing that is known; so does 255, which is no kind of V2's and -1 in MessagePack.
                let noise = Bytes(Array(repeating: kind == .text ? UInt8(ascii: "~") : 0xFF, count: 64))
                for bytes in [Bytes(), noise]
                where (try? serializer.decode(Frame(kind: kind, bytes: bytes), as: role)) != nil {
                    throw ConformanceBreach(
                        "Expected an error for a \(kind) frame of \(bytes) that say nothing, got a message."
                    )
                }
            }
        }
        for (sender, message) in try conversation() {
            let frame = try encoded(message, by: sender)
            let start = Frame(kind: frame.kind, bytes: frame.bytes[0..<1])
            if frame.bytes.count > 1, (try? serializer.decode(start, as: sender.peer)) != nil {
                throw ConformanceBreach("Expected an error for the first byte of a frame alone, got a message.")
            }
        }
    }

    func judgeDamagedFrames() throws {
        var generator = SplitMix64(seed: 1)
        var samples = try conversation().map { ($0.sender, try encoded($0.message, by: $0.sender)) }
        for sender in Role.allCases {
            let message = try push(payload: Payload(binary: [1, 2, 3]))
            if let frame = try? serializer.encode(message, as: sender) { samples.append((sender, frame)) }
        }
        for round in 0..<2_000 {
            let (sender, frame) = samples[round % samples.count]
            let damaged = Frame(kind: frame.kind, bytes: generator.damage(frame.bytes))
            // A text that is no UTF-8 is stopped by the transport.
            if frame.kind == .text, damaged.bytes.validatedText == nil { continue }
            guard let message = try? serializer.decode(damaged, as: sender.peer) else { continue }
            try requireWholeness(message)
        }
    }

    /// Requires that what was read of a damaged frame can be used.
    private func requireWholeness(_ message: Message) throws {
        guard message.topicBytes.validatedText != nil, message.eventBytes.validatedText != nil else {
            throw ConformanceBreach("Expected names in UTF-8 from a damaged frame, got others.")
        }
        guard (message.status != nil) == (message.eventBytes == Message.Name.reply) else {
            throw ConformanceBreach(
                "Expected a status with phx_reply and with no other event, got only one of the two."
            )
        }
        if let format = message.payload.format, format.name != serializer.payloadFormat.name {
            throw ConformanceBreach(
                "Expected a payload of \(serializer.payloadFormat.name), got one of \(format.name)."
            )
        }
        _ = try? message.payload.value()
    }

    func judgeFormat() throws {
        guard payloads == nil else { throw ConformanceExemption(words: "payloads were given, values are not tried") }
        let format = serializer.payloadFormat
        for payload in try samplePayloads() {
            let value = try payload.value()
            let again = try format.value(of: format.encode(value: value))
            guard again == value, try format.decode(Value.self, from: payload.bytes) == value else {
                throw ConformanceBreach("Expected \(value) to be read as it was encoded, got another value.")
            }
            let coded = try format.value(of: format.encode(value))
            guard coded == value else { throw ConformanceBreach("Expected \(value) by Codable, got \(coded).") }
        }
        if (try? format.value(of: [])) != nil {
            throw ConformanceBreach("Expected an error for no bytes at all, got a value.")
        }
        var generator = SplitMix64(seed: 2)
        for payload in try samplePayloads() {
            for _ in 0..<50 {
                let bytes = generator.damage(payload.bytes)
                _ = try? format.value(of: bytes)
                _ = try? format.decode([String: Int].self, from: bytes)
                _ = (format.member("a", of: bytes), format.element(0, of: bytes), format.integer(of: bytes))
            }
        }
    }
}
