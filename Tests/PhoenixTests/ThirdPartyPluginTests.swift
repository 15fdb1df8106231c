import Phoenix
import PhoenixTesting
import Testing

// All that a third party writes to bring a transport and a serializer of its own. Only public products are imported.

/// A transport under the suffix `/carrier`, here over the loopback.
private struct CarrierTransport: Transport {
    let loopback: LoopbackTransport

    var capabilities: TransportCapabilities {
        TransportCapabilities(name: "carrier", schemes: .init(plain: "carrier", secure: "carriers"))
    }

    func withConnection<Result: Sendable>(
        _ request: ConnectionRequest,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        try await loopback.withConnection(request, body)
    }
}

/// A serializer of lines such as `1|2|room:1|event|{…}`, with JSON payloads.
private struct PipeSerializer: Serializer {
    var name: String { "pipe" }
    var version: String { "7.0.0" }
    var payloadFormat: any PayloadFormat { JSONFormat() }
    var capabilities: SerializerCapabilities {
        SerializerCapabilities(emits: [.text], accepts: [.text], isLineBatchable: false)
    }

    func encode(_ message: Message, as role: Role) throws -> Frame {
        let fields = [
            message.joinReference?.text ?? "", message.reference?.text ?? "", message.topic,
            message.status.map { "phx_reply/\($0)" } ?? message.event, message.payload.bytes.text,
        ]
        return .text(fields.joined(separator: "|"))
    }

    func decode(_ frame: Frame, as role: Role) throws -> Message {
        let fields = frame.bytes.text.split(separator: "|", maxSplits: 4, omittingEmptySubsequences: false)
        guard fields.count == 5 else {
            throw PhoenixError(.decoding, "Expected five fields, got \(fields.count).")
        }
        let event = fields[3].split(separator: "/").map(String.init)
        return Message(
            joinReference: fields[0].isEmpty ? nil : Reference(text: String(fields[0])),
            reference: fields[1].isEmpty ? nil : Reference(text: String(fields[1])),
            topic: String(fields[2]),
            event: event.first ?? "",
            status: event.count > 1 ? event[1] : nil,
            payload: Payload(Bytes(fields[4]), format: JSONFormat())
        )
    }
}

private struct Greeter: SocketHandler {
    let target: String
    let joined: @Sendable (Joined) -> Void

    func start(_ socket: inout Socket) throws -> Start { try .connect(target, ["who": "me"]) }

    func connected(_ socket: inout Socket) -> Directive {
        do {
            try socket.join("room:1", ["hello": true])
            return .ok
        } catch {
            return .stop(.failure(error))
        }
    }

    func joined(_ join: Joined, _ socket: inout Socket) -> Directive {
        joined(join)
        return .stop(.normal)
    }
}

@Suite("Plug-ins of third parties", .timeLimit(.minutes(1)))
struct ThirdPartyPluginTests {
    @Test("a transport and a serializer from elsewhere are registered, resolved and used like our own")
    func registration() async throws {
        let loopback = LoopbackTransport()

        var registry = PluginRegistry.standard
        registry.register(
            TransportPlugin(name: "carrier", schemes: .init(plain: "carrier", secure: "carriers")) { _ in
                CarrierTransport(loopback: loopback)
            }
        )
        registry.register(SerializerPlugin(name: "pipe", versions: ["7.0.0"]) { _, _ in PipeSerializer() })

        let (answers, answered) = AsyncStream<Joined>.makeStream()
        let client = SocketClient(
            Greeter(target: "http://server.test/socket/carrier") { answered.yield($0) },
            registry: registry,
            options: ["serializer": "pipe"]
        )
        let run = Task { try await client.run() }
        let server = await loopback.accept()
        #expect(server.request.url.scheme == "carrier")
        #expect(server.request.url.requestTarget == "/socket/carrier?who=me&vsn=7.0.0")
        #expect(await server.receive() == .text(#"1|1|room:1|phx_join|{"hello":true}"#))
        server.send(.text(#"1|1|room:1|phx_reply/ok|{"welcome":1}"#))
        var iterator = answers.makeAsyncIterator()
        let join = try #require(await iterator.next())
        #expect(join.topic == "room:1")
        #expect(join.response["welcome"]?.integer == 1)
        try await run.value
    }

    @Test("what was registered can be removed again; the copy does not touch the original")
    func removal() throws {
        var registry = PluginRegistry.standard
        let removed = [registry.removeTransport(named: "websocket"), registry.removeTransport(named: "websocket")]
        #expect(removed == [true, false])
        let error = #expect(throws: PhoenixError.self) {
            try registry.resolve(Endpoint("wss://server.test/socket/websocket"))
        }
        #expect(error?.code == .unknownTransport)
        #expect(throws: Never.self) {
            try PluginRegistry.standard.resolve(Endpoint("wss://server.test/socket/websocket"))
        }
    }

    @Test("the erased client is the same class as the concrete one")
    func sameClass() {
        let erased = SocketClient(Greeter(target: "", joined: { _ in }), registry: .standard)
        let concrete = SocketClient(
            Greeter(target: "", joined: { _ in }),
            transport: WebSocketTransport(),
            serializer: JSONSerializer.v2
        )
        func generic<H, T, S>(_ client: SocketClient<H, T, S>) -> String { "\(SocketClient<H, T, S>.self)" }
        #expect(generic(erased).hasSuffix("AnyTransport, AnySerializer>"))
        #expect(generic(concrete).hasSuffix("WebSocketTransport, JSONSerializer>"))
    }

    @Test("typed options choose the transport and its settings")
    func typedOptions() throws {
        var configuration = WebSocketTransport.Configuration()
        configuration.keepAlive = .seconds(7)
        let resolution = try PluginRegistry.standard.resolve(
            Endpoint("https://server.test/socket"),
            .webSocket(configuration)
        )
        let transport = try #require(resolution.transport.base as? WebSocketTransport)
        #expect(transport.configuration.keepAlive == .seconds(7))
        #expect(resolution.url.scheme == "wss")
        #expect(resolution.url.requestTarget == "/socket/websocket?vsn=2.0.0")
    }
}
