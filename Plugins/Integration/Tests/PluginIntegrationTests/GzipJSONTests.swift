internal import Phoenix
internal import PhoenixGzipJSON
internal import PhoenixTestServer
internal import PhoenixTesting
internal import Testing

@Suite("JSON in gzip over the WebSocket", .timeLimit(.minutes(1)))
struct GzipJSONTests {
    @Test("joins, asks, hears and leaves")
    func conversation() async throws {
        try await Exchange.run([GzipJSONSerializer()]) { exchange in
            let socket = try await exchange.socket(.gzipJSON)
            defer { socket.stop() }
            try await exchange.converse(
                socket,
                [nil, true, -70_000, 0.1, "é", [[], [:]], .array((0..<2_000).map { Value($0) })]
            )
        }
    }

    @Test("what inflates beyond the bound is dropped, and the connection goes on")
    func bomb() async throws {
        try await Exchange.run([GzipJSONSerializer(limits: GzipLimits(ratio: 10_000))]) { exchange in
            let socket = try await exchange.socket(.gzipJSON)
            defer { socket.stop() }
            try await socket.join("room:1")
            let zeros = Value.string(String(repeating: "0", count: 4_000_000))
            try await socket.push("room:1", "shout", .value(["zeros": zeros]))
            try await socket.push("room:1", "shout", ["n": 1])
            // The first broadcast came before this one.
            #expect(try await socket.awaitMessage(event: "shouted").payload["n"]?.integer == 1)
            #expect(exchange.server.journal.sent(event: "shouted").count == 2)
        }
    }
}
