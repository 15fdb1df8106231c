import Phoenix
import PhoenixTestServer
import PhoenixTesting

// The code of the articles in docs/PhoenixKit.docc, word for word. `ReadmeTests` holds the two against each other.

private func fetchToken() async throws -> Secret? { nil }

private enum Choosingatransport {
    static func example1() async throws {
        let socket = try PhoenixSocket("wss://example.org/socket", over: ["websocket", "longpoll"])
        socket.connect()
    }

    static func example2() async throws {
        var settings = PhoenixSocket.Settings()
        settings.fallback.deathsInARow = 2
        settings.fallback.probes = Backoff(first: .seconds(60), longest: .seconds(600))
    }

    static func example3() async throws {
        let options: ConnectionOptions = ["transport": "longpoll", "vsn": "1.0.0", "proxy": "none"]
        let socket = try PhoenixSocket("https://example.org/socket", options: options)
        socket.connect()
    }
}

private enum FromGenSocketClient {
    struct Reporter: SocketHandler {
        func start(_ socket: inout Socket) throws -> Start {
            try .connect("ws://localhost:4000/socket/websocket", ["shared_secret": "supersecret"])
        }

        func connected(_ socket: inout Socket) -> Directive {
            _ = try? socket.join("channel:1")
            return .ok
        }

        func joinFailed(_ failure: JoinFailure, _ socket: inout Socket) -> Directive {
            .stop(.failure(PhoenixError(.notJoined, "Expected to join \(failure.topic), got \(failure.outcome).")))
        }
    }
}

private enum FromSwiftPhoenixClient {
    static func example1() async throws {
        let socket = try PhoenixSocket("ws://localhost:4000/socket/websocket")
        let room = socket.channel("room:1", ["name": "ada"])
        room.on("new_msg") { message in print(message.payload["body"]?.string ?? "") }
        socket.connect()
        try room.join()
            .receive("ok") { response in print("joined", response) }
            .receive("error") { response in print("refused", response) }
    }
}

private enum Fromphoenixjs {
    static func example1() async throws {
        var settings = PhoenixSocket.Settings()
        settings.authToken = { try await fetchToken() }
        let socket = try PhoenixSocket("wss://example.org/socket", over: ["websocket", "longpoll"], settings: settings)
        let push = try socket.channel("room:1").push("new_msg", ["body": "hi"], timeout: .seconds(5))
        push.onOutcome { outcome in print(outcome) }
    }
}

private enum Testingyourchannels {
    static func example1() async throws {
        let transport = LoopbackTransport()
        let socket = try PhoenixSocket(
            "ws://localhost/socket/websocket",
            options: ConnectionOptions(transport: .instance(transport))
        )
        let room = socket.channel("room:1")
        socket.connect()
        let join = try room.join()
        let phoenix = try await transport.accept(speaking: JSONSerializer.v2)
        try await phoenix.acceptJoin("room:1", ["welcome": true])
        _ = try await join.response()
    }

    static func example2() async throws {
        try await PhoenixTestServer.withServer { site in
            site.socket("/socket") { socket in
                socket.channel("room:*") { channel in
                    channel.on("echo") { _, message in .reply("ok", message.payload) }
                }
            }
        } _: { server in
            let socket = try PhoenixSocket(server.url("/socket/websocket"))
            socket.connect()
            let room = socket.channel("room:1")
            _ = try await room.join().response()
            _ = try await room.push("echo", ["n": 1]).response()
        }
    }
}

private enum Writingaserializer {
    /// Messages as they are, between brackets: the frame of another serializer, marked.
    struct MarkedSerializer: Serializer {
        let base = JSONSerializer.v2
        var name: String { "marked" }
        var version: String { "2.0.0" }
        var payloadFormat: any PayloadFormat { base.payloadFormat }
        var capabilities: SerializerCapabilities {
            SerializerCapabilities(emits: [.text], accepts: [.text], isLineBatchable: false)
        }

        func encode(_ message: Message, as role: Role) throws -> Frame {
            .text("<" + (try base.encode(message, as: role)).bytes.text + ">")
        }

        func decode(_ frame: Frame, as role: Role) throws -> Message {
            let text = frame.bytes.text
            guard text.hasPrefix("<"), text.hasSuffix(">") else {
                throw PhoenixError(.decoding, "Expected a frame between brackets, got another.")
            }
            return try base.decode(.text(String(text.dropFirst().dropLast())), as: role)
        }
    }

    static func example2() async throws {
        var registry = PluginRegistry.standard
        registry.register(SerializerPlugin(name: "marked", versions: ["2.0.0"]) { _, _ in MarkedSerializer() })
        let url = "wss://example.org/socket/websocket"
        let socket = try PhoenixSocket(url, registry: registry, options: ["serializer": "marked"])
        socket.connect()
    }
}

private enum Writingatransport {
    /// Another transport, whose connections are counted.
    struct CountingTransport: Transport {
        let base = WebSocketTransport()
        let count: @Sendable () -> Void
        var capabilities: TransportCapabilities { base.capabilities }

        func withConnection<Result: Sendable>(
            _ request: ConnectionRequest,
            _ body: (Connection) async throws -> Result
        ) async throws -> Result {
            count()
            return try await base.withConnection(request, body)
        }
    }

    static func example2() async throws {
        var registry = PluginRegistry.standard
        registry.register(TransportPlugin(name: "websocket", schemes: .webSocket) { _ in CountingTransport(count: {}) })
    }
}
