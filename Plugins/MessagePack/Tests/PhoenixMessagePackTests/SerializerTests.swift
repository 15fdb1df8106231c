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
