internal import Phoenix
internal import PhoenixAsyncHTTPClient
internal import PhoenixLongPoll
internal import PhoenixTestServer
internal import PhoenixTesting
internal import Testing

@Suite("A client over AsyncHTTPClient", .timeLimit(.minutes(1)))
struct ClientTests {
    private static let site = Site { site in
        site.socket("/socket") { socket in
            socket.longPoll.window = .milliseconds(500)
            socket.onConnect { $0.parameters["token"]?.string == "s3cret" ? .accept() : .refuse() }
            socket.channel("room:*") { channel in
                channel.on("echo") { _, message in .reply("ok", message.payload) }
                channel.on("shout") { context, message in
                    try context.push("shouted", .payload(message.payload))
                    return .noReply
                }
            }
        }
    }

    /// Runs `body` with a server and a socket to it, on a clock that stands still: no deadline passes on a busy machine.
    private func with(
        version: String,
        token: String = "s3cret",
        _ body: (PhoenixTestServer, TestSocket) async throws -> Void
    ) async throws {
        try await PhoenixTestServer.withServer(site: Self.site) { server in
            var registry = PluginRegistry.standard
            registry.register(.longPoll(engine: AsyncHTTPClientEngine()))
            var configuration = SocketConfiguration()
            configuration.clock = TestClock()
            let socket = try TestSocket(
                server.url("/socket/longpoll"),
                ["token": .string(token)],
                registry: registry,
                options: ["vsn": version, "proxy": "none"],
                configuration: configuration
            )
            defer { socket.stop() }
            try await body(server, socket)
        }
    }

    @Test("joins, asks, hears and leaves", arguments: ["1.0.0", "2.0.0"])
    func conversation(version: String) async throws {
        try await with(version: version) { server, socket in
            guard case .connected = try await socket.waitConnectStatus() else {
                Issue.record("expected a connection")
                return
            }
            try await socket.join("room:1")
            for number in 0..<50 {
                let (status, response) = try await socket.pushSync("room:1", "echo", ["n": .signed(Int64(number))])
                #expect(status == "ok" && response["n"]?.integer == Int64(number))
            }
            try await socket.push("room:1", "shout", ["text": "hello"])
            #expect(try await socket.awaitMessage(event: "shouted").payload["text"]?.string == "hello")
            try await server.broadcast(topic: "room:1", event: "news", payload: ["n": 1])
            #expect(try await socket.awaitMessage(event: "news").payload["n"]?.integer == 1)
            try await socket.leave("room:1")
            #expect(server.journal.received(event: "echo").count == 50)
        }
    }

    @Test("sends and takes a payload of a megabyte")
    func large() async throws {
        try await with(version: "2.0.0") { _, socket in
            guard case .connected = try await socket.waitConnectStatus() else {
                Issue.record("expected a connection")
                return
            }
            try await socket.join("room:1")
            let text = String(repeating: "0123456789", count: 100_000)
            let (status, response) = try await socket.pushSync("room:1", "echo", ["text": .string(text)])
            #expect(status == "ok" && response["text"]?.string == text)
        }
    }

    @Test("is told why the server does not want it")
    func refused() async throws {
        try await with(version: "2.0.0", token: "wrong") { _, socket in
            guard case .disconnected(let reason) = try await socket.waitConnectStatus() else {
                Issue.record("expected a refusal, got a connection")
                return
            }
            #expect(reason.error?.code == .upgradeRefused && reason.refusal?.status == 403)
        }
    }

    @Test("200 connections one after another open a session each")
    func reconnects() async throws {
        try await PhoenixTestServer.withServer(site: Self.site) { server in
            let transport = LongPollTransport(engine: AsyncHTTPClientEngine())
            let url = try Endpoint("http://127.0.0.1:\(server.port)/socket/longpoll?vsn=2.0.0&token=s3cret")
            for generation in 1...200 {
                let request = ConnectionRequest(
                    url: url,
                    serializer: JSONSerializer.v2.capabilities,
                    proxy: .none,
                    generation: UInt64(generation)
                )
                try await transport.withConnection(request) { connection in
                    await connection.outbound.close(code: 1000, reason: "")
                }
            }
            #expect(server.journal.entries.count { $0.kind == .connected } == 200)
        }
    }
}
