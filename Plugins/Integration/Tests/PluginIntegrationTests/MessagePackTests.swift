internal import Phoenix
internal import PhoenixMessagePack
internal import PhoenixTesting
internal import Testing

@Suite("MessagePack over the WebSocket", .timeLimit(.minutes(1)))
struct MessagePackTests {
    @Test("joins, asks, hears, leaves, and carries what JSON cannot")
    func conversation() async throws {
        try await Exchange.run([MessagePackSerializer()]) { exchange in
            let socket = try await exchange.socket(.messagePack)
            defer { socket.stop() }
            try await exchange.converse(
                socket,
                [
                    nil, true, -70_000, .unsigned(.max), 0.1, "é", .bytes([0, 0xFF]), [[], [:]],
                    .extension(type: 9, data: [1, 2, 3]),
                    MessagePackTimestamp(seconds: -1, nanoseconds: 5)?.value ?? nil,
                    .string(String(repeating: "0123456789", count: 100_000)),
                ]
            )
        }
    }

    @Test("binary payloads go and come as they are")
    func binary() async throws {
        try await Exchange.run([MessagePackSerializer()]) { exchange in
            let socket = try await exchange.socket(.messagePack)
            defer { socket.stop() }
            try await socket.join("room:1")
            let (status, response) = try await socket.pushSync("room:1", "echo", .binary([0xC1, 0xFF, 0]))
            #expect(status == "ok" && response == Payload(binary: [0xC1, 0xFF, 0]))
        }
    }

    @Test("a room is shared with those who speak JSON")
    func mixed() async throws {
        try await Exchange.run([MessagePackSerializer(version: "3.0.0"), JSONSerializer.v2]) { exchange in
            let packed = try await exchange.socket(.messagePack(version: "3.0.0"))
            let plain = try await exchange.socket()
            defer { for socket in [packed, plain] { socket.stop() } }
            for socket in [packed, plain] { try await socket.join("room:1") }
            for socket in [packed, plain] {
                try await socket.push("room:1", "shout", ["n": 7])
                for listener in [packed, plain] {
                    #expect(try await listener.awaitMessage(event: "shouted").payload["n"]?.integer == 7)
                }
            }
        }
    }

    @Test("a server that speaks JSON alone ends the connection, and nothing traps")
    func mismatch() async throws {
        try await Exchange.run([JSONSerializer.v2]) { exchange in
            let socket = try await exchange.socket(.messagePack)
            defer { socket.stop() }
            await #expect(throws: TestSocketError.self) { try await socket.join("room:1") }
        }
    }
}
