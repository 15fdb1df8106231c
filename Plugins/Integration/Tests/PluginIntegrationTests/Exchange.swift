internal import Phoenix
internal import PhoenixTestServer
internal import PhoenixTesting
internal import Testing

/// A server and the sockets of a test, on a clock that stands still: no deadline passes on a busy machine.
struct Exchange {
    let server: PhoenixTestServer

    /// Runs `body` with a server that speaks `serializers`, and stops it.
    static func run(
        _ serializers: [any Serializer],
        _ describe: (inout ChannelRoute) -> Void = { _ in },
        _ body: (Exchange) async throws -> Void
    ) async throws {
        var configuration = PhoenixTestServer.Configuration()
        configuration.serializers = serializers
        let site = Site { site in
            site.socket("/socket") { socket in
                socket.channel("room:*") { channel in
                    channel.onJoin { _, parameters in .ok(["you said": try parameters.value()]) }
                    channel.on("echo") { _, message in .reply("ok", message.payload) }
                    channel.on("refuse") { _, message in .reply("error", ["reason": "no"]) }
                    channel.on("shout") { context, message in
                        try context.broadcast("shouted", .payload(message.payload))
                        return .noReply
                    }
                    channel.on("crash") { _, _ in .crash }
                    describe(&channel)
                }
            }
        }
        try await PhoenixTestServer.withServer(configuration, site: site) { server in
            try await body(Exchange(server: server))
        }
    }

    /// Connects a socket with the serializer that the registry finds under `name`, or JSON.
    func socket(_ plugin: SerializerPlugin = .json) async throws -> TestSocket {
        var registry = PluginRegistry.standard
        registry.register(plugin)
        var configuration = SocketConfiguration()
        configuration.clock = TestClock()
        let socket = try TestSocket(
            server.url("/socket/websocket"),
            registry: registry,
            options: ["serializer": plugin.name, "proxy": "none"],
            configuration: configuration
        )
        guard case .connected = try await socket.waitConnectStatus() else {
            socket.stop()
            throw PhoenixError(.disconnected, "Expected a connection, got none.")
        }
        return socket
    }

    /// What every serializer must carry: a join with its answer, replies of both kinds, broadcasts, a leave, a crash.
    func converse(_ socket: TestSocket, _ values: [Value]) async throws {
        let joined = try await socket.join("room:1", ["hello": true])
        #expect(joined.response["you said"]?["hello"]?.boolean == true)
        for value in values {
            let (status, response) = try await socket.pushSync("room:1", "echo", .value(["it": value]))
            #expect(status == "ok")
            #expect(try response.value()["it"] == value)
        }
        let (status, response) = try await socket.pushSync("room:1", "refuse", [1, 2])
        #expect(status == "error" && response["reason"]?.string == "no")
        try await socket.push("room:1", "shout", ["text": "Grüße"])
        let heard = try await socket.awaitMessage(event: "shouted")
        #expect(heard.payload["text"]?.string == "Grüße" && heard.topic == "room:1")
        try await server.broadcast(topic: "room:1", event: "news", payload: ["n": 1])
        #expect(try await socket.awaitMessage(event: "news").payload["n"]?.integer == 1)
        await #expect(throws: TestSocketError.self) { try await socket.join("nowhere") }
        try await socket.leave("room:1")
        try await socket.join("room:2")
        try await socket.push("room:2", "crash")
        #expect(try await socket.awaitChannelClosed().topic == "room:2")
        #expect(server.journal.received(event: "echo").count == values.count)
    }
}
