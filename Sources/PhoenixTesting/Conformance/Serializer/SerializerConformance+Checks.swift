internal import PhoenixKit

/// Messages that must arrive.
extension SerializerConformance {
    func judgeIdentity() throws {
        guard !serializer.name.isEmpty else { throw ConformanceBreach("Expected a name, got an empty text.") }
        let numbers = serializer.version.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, numbers.allSatisfy({ UInt32($0) != nil }) else {
            throw ConformanceBreach(
                "Expected a version such as 2.0.0, got \(serializer.version.debugDescription)."
            )
        }
    }

    func judgeClientMessages() throws {
        for message in try clientMessages() { try requirePassage(message, from: .client) }
    }

    func judgeServerMessages() throws {
        for message in try serverMessages() { try requirePassage(message, from: .server) }
    }

    func judgeReplies() throws {
        for status in ["ok", "error", "busy: try \"later\"", ""] {
            try requirePassage(try reply(status), from: .server)
        }
        for payload in try samplePayloads() { try requirePassage(try reply("ok", payload: payload), from: .server) }
    }

    func judgeNullReferences() throws {
        let payload = try anyPayload()
        let heartbeat = Message(reference: 5, topic: "phoenix", event: "heartbeat", payload: payload)
        try requirePassage(heartbeat, from: .client)
        try requirePassage(Message(topic: "room:lobby", event: "nudge", payload: payload), from: .client)
        try requirePassage(Message(topic: "room:lobby", event: "shout", payload: payload), from: .server)
        var answer = try reply("ok", to: 5)
        answer.joinReference = nil
        answer.topicBytes = Message.Name.phoenix
        try requirePassage(answer, from: .server)
    }

    func judgeReferenceForms() throws {
        let references = [Reference(0), Reference(12), Reference(.max), "007", "a-b c", "18446744073709551616"]
        for reference in references {
            var message = try push()
            message.reference = reference
            message.joinReference = reference
            try requirePassage(message, from: .client)
            var answer = try reply("ok", to: reference)
            answer.joinReference = reference
            try requirePassage(answer, from: .server)
        }
    }

    func judgeNames() throws {
        let names = [
            "rööm:😀", "a\u{0}b", "quote\"back\\slash", "[\"1\",null]", "{\"a\":1}", "line\nbreak\r\n\u{2028}",
            "pipe|comma,semi;colon:",
            " spaces\tand tabs ", "/slash/%2F+&=", "e\u{301}", "\u{10FFFF}", "*:0",
        ]
        for name in names {
            try requirePassage(try push(topic: name), from: .client)
            try requirePassage(try push(event: name), from: .client)
            let broadcast = Message(joinReference: 1, topic: name, event: name, payload: try anyPayload())
            try requirePassage(broadcast, from: .server)
        }
    }

    func judgePayloads() throws {
        for payload in try samplePayloads() {
            try requirePassage(try push(payload: payload), from: .client)
            let message = Message(joinReference: 1, topic: "room:1", event: "news", payload: payload)
            try requirePassage(message, from: .server)
        }
    }

    func judgeFrameKinds() throws {
        let allowed = serializer.capabilities
        guard allowed.emits.isSubset(of: allowed.accepts) else {
            throw ConformanceBreach("Expected it to accept all kinds it emits, got capabilities that leave one out.")
        }
        for (sender, message) in try conversation() {
            let frame = try encoded(message, by: sender)
            guard allowed.emits.contains(frame.kind) else {
                throw ConformanceBreach("Expected a kind of frame that its capabilities emit, got a \(frame.kind) one.")
            }
        }
        let binary = try push(payload: Payload(binary: [1, 2]))
        if let frame = try? serializer.encode(binary, as: .client), !allowed.emits.contains(frame.kind) {
            throw ConformanceBreach("Expected binary data in a kind that it emits, got a \(frame.kind) frame.")
        }
    }

    func judgeLines() throws {
        guard serializer.capabilities.isLineBatchable else {
            throw ConformanceExemption(words: "it does not say that its frames are lines")
        }
        let spaced =
            serializer.payloadFormat.name == "JSON" ? Payload("{\n\"a\":\r\n1}", format: serializer.payloadFormat) : nil
        let breaking = try push(topic: "line\nbreak", event: "carriage\rreturn", payload: spaced)
        for (sender, message) in try conversation() + [(.client, breaking)] {
            guard let frame = try? serializer.encode(message, as: sender), frame.kind == .text else { continue }
            guard frame.bytes[0] == UInt8(ascii: "["), !frame.bytes.contains(where: { $0 == 0x0A || $0 == 0x0D }) else {
                throw ConformanceBreach(
                    "Expected one line that begins with [, got another text of \(frame.bytes) for \(message.event.debugDescription)."
                )
            }
        }
    }

    func judgeStatelessness() throws {
        let messages = try (1...3).map { try push(topic: "stateless:\($0)") }
        let frames = try messages.map { try encoded($0, by: .client) }
        for _ in 1...2 {
            for (frame, message) in zip(frames, messages).reversed() {
                for _ in 1...2 { try requireEqual(try decoded(frame, from: .client, message), message, .client) }
                try requirePassage(message, from: .client)
            }
        }
    }
}
