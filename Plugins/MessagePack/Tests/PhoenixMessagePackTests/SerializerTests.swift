import PhoenixJSON
import PhoenixKit
import PhoenixMessagePack
import Testing

@Suite("The serializer of MessagePack")
struct SerializerTests {
    private let serializer = MessagePackSerializer()

    private func payload(_ value: Value) throws -> Payload {
        Payload(try MessagePackFormat().encode(value: value), format: MessagePackFormat())
    }

    @Test("a push is the array of version 2.0.0")
    func push() throws {
        let message = Message(
            joinReference: 1,
            reference: 2,
            topic: "room:1",
            event: "new",
            payload: try payload(["a": 1])
        )
        let frame = try serializer.encode(message, as: .client)
        #expect(
            frame
                == .binary(
                    Bytes(
                        [0x95, 0xA1, 0x31, 0xA1, 0x32, 0xA6] + "room:1".utf8 + [0xA3] + "new".utf8 + [
                            0x81, 0xA1, 0x61, 1,
                        ]
                    )
                )
        )
        #expect(try serializer.decode(frame, as: .server) == message)
    }

    /// Written by msgpack 1.2.4 for Python, `packb` of the same message with its keys in order.
    private static let foreign = """
        95a131a132a6726f6f6d3a31a76e65775f6d736786a26174d7ff0000001469251d40a3626967cfffffffffffffffffa46461\
        7461c40200ffa46465657095c0c3d1ff7fcb3ff800000000000081a16ba2c3a9a3657874c70305616263a46c6f6e67d92878\
        787878787878787878787878787878787878787878787878787878787878787878787878787878
        """

    @Test("reads and writes what another implementation writes, to the byte")
    func interoperates() throws {
        let digits = Array(Self.foreign)
        let bytes = Bytes(
            try stride(from: 0, to: digits.count, by: 2).map {
                try #require(UInt8(String(digits[$0..<min($0 + 2, digits.count)]), radix: 16))
            }
        )
        let body: Value = [
            "at": MessagePackTimestamp(seconds: 1_764_040_000, nanoseconds: 5)?.value ?? nil, "big": .unsigned(.max),
            "data": .bytes([0, 255]), "deep": [nil, true, -129, 1.5, ["k": "é"]],
            "ext": .extension(type: 5, data: "abc"), "long": .string(String(repeating: "x", count: 40)),
        ]
        let message = try serializer.decode(.binary(bytes), as: .client)
        #expect(try message.payload.value() == body)
        let again = Message(
            joinReference: 1,
            reference: 2,
            topic: "room:1",
            event: "new_msg",
            payload: try payload(body)
        )
        #expect(try serializer.encode(again, as: .server).bytes == bytes)
    }

    @Test("all shapes of message, both roles", arguments: Role.allCases)
    func shapes(_ role: Role) throws {
        let payloads = [
            try payload(["a": [1, nil]]), try payload(nil), Payload(binary: [0, 0xFF]), Payload(binary: []),
        ]
        let references: [Reference?] = [nil, 1, "x", Reference(7, quoted: false), Reference(numberLiteral: "-3")]
        for payload in payloads {
            for reference in references {
                for (event, status) in [("e", nil), ("phx_reply", "ok"), ("phx_reply", ""), ("", nil)] {
                    let message = Message(
                        joinReference: reference,
                        reference: reference,
                        topic: "ü:1",
                        event: event,
                        status: status,
                        payload: payload
                    )
                    let decoded = try serializer.decode(serializer.encode(message, as: role), as: role.peer)
                    #expect(decoded == message)
                    #expect(decoded.reference?.isQuoted == reference?.isQuoted)
                }
            }
        }
    }

    @Test("a reply without a response has none, and what is unknown is ignored")
    func lenient() throws {
        let format = MessagePackFormat()
        let reply = try format.encode(value: [nil, 1, nil, "phx_reply", ["status": "ok", "more": 1], "sixth"])
        let message = try serializer.decode(.binary(reply), as: .client)
        #expect(message.status == "ok")
        #expect(message.payload.isNull)
        #expect(message.topic == "")
        #expect(message.reference?.isQuoted == false)
    }

    @Test(
        "frames that are no message throw an error with its cause",
        arguments: [
            nil, [], ["1", "2", "t", "e"], ["1", "2", 3, "e", nil], [["1"], "2", "t", "e", nil],
            [nil, nil, "t", "phx_reply", nil], [nil, nil, "t", "phx_reply", ["response": nil]],
            [nil, nil, "t", "phx_reply", ["status": 1]], ["join_ref": nil],
        ] as [Value]
    )
    func malformed(_ value: Value) throws {
        let frame = Frame.binary(try MessagePackFormat().encode(value: value))
        for role in Role.allCases {
            let error = #expect(throws: PhoenixError.self) { try serializer.decode(frame, as: role) }
            #expect(error?.code == .decoding)
            #expect(error?.cause is MessagePackError)
        }
    }

    @Test("text, trailing bytes and a payload that is cut off are refused")
    func refused() throws {
        let bytes = try MessagePackFormat().encode(value: [nil, nil, "t", "e", ["a": "b"]])
        #expect(throws: PhoenixError.self) { try serializer.decode(.text(bytes), as: .client) }
        #expect(throws: PhoenixError.self) { try serializer.decode(.binary(Bytes(bytes.array + [0])), as: .client) }
        for end in 0..<bytes.count {
            #expect(throws: PhoenixError.self) { try serializer.decode(.binary(bytes[0..<end]), as: .client) }
        }
    }

    @Test("messages that have no place on the wire are refused")
    func unencodable() throws {
        let messages = [
            Message(topic: "t", event: "e", payload: Payload("{}", format: JSONFormat())),
            Message(topic: "t", event: "e", payload: Payload([0xC0, 0xC0], format: MessagePackFormat())),
            Message(topic: "t", event: "e", payload: Payload([0xC1], format: MessagePackFormat())),
            Message(topic: "t", event: "phx_reply", payload: try payload(nil)),
            Message(topic: "t", event: "e", status: "ok", payload: try payload(nil)),
            Message(joinReference: nil, reference: nil, topicBytes: [0xFF], eventBytes: "e", payload: try payload(nil)),
        ]
        for message in messages {
            let error = #expect(throws: PhoenixError.self) { try serializer.encode(message, as: .client) }
            #expect(error?.code == .encoding)
        }
        let small = MessagePackSerializer(limits: MessagePackLimits(size: 16))
        let error = #expect(throws: PhoenixError.self) {
            try small.encode(Message(topic: "topic", event: "event", payload: Payload(binary: "12345678")), as: .client)
        }
        #expect(error?.code == .encoding)
    }

    @Test("the registry finds it by name, with the version it is to have")
    func registered() throws {
        var registry = PluginRegistry.empty
        registry.register(.json)
        registry.register(.messagePack(version: "3.0.0"))
        #expect(registry.serializers.map(\.name) == ["json", "messagepack"])
        let request = PluginRequest(endpoint: try Endpoint("ws://server.test/socket/websocket"), options: [:])
        let made = try registry.serializers[1].make("3.0.0", request)
        #expect(made.version == "3.0.0")
        #expect(made.capabilities.emits == [.binary])
    }
}
