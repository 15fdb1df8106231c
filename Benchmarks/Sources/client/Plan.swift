internal import PhoenixJSON
internal import PhoenixKit
internal import PhoenixMessagePack

#if Network
internal import PhoenixWebSocket
#endif

/// What is to be measured, and on which client.
struct Plan: Sendable {
    let name: String
    let count: Int
    let size: Int
    var topics = 1
    var connections = 1
    var isErased = false
    var isV1 = false
    var isMessagePack = false
    var isOnLoop = false
    var isCompressed = false

    init(_ arguments: ArraySlice<String>) throws {
        let arguments = Array(arguments)
        guard arguments.count >= 3, let count = Int(arguments[1]), let size = Int(arguments[2]) else {
            throw Misuse(text: "Expected CASE COUNT SIZE.")
        }
        (name, self.count, self.size) = (arguments[0], count, size)
        for option in arguments.dropFirst(3) {
            let parts = option.split(separator: "=")
            switch (parts.first, parts.last.flatMap { Int($0) }) {
            case ("erased", _): isErased = true
            case ("v1", _): isV1 = true
            case ("messagepack", _): isMessagePack = true
            case ("loop", _): isOnLoop = true
            case ("deflate", _): isCompressed = true
            case ("topics", let number?): topics = number
            case ("connections", let number?): connections = number
            default:
                throw Misuse(
                    text: "Expected erased, v1, messagepack, loop, deflate, topics=N or connections=N, got \(option)."
                )
            }
        }
    }

    var serializer: JSONSerializer { isV1 ? .v1 : .v2 }

    #if Network
    /// Runs the case over WebSocket.
    func run(port: Int) async throws {
        let configuration = WebSocketTransport.Configuration(executor: isOnLoop ? .connection : .caller)
        let transport = WebSocketTransport(configuration: configuration)
        let url = "ws://127.0.0.1:\(port)/socket/websocket"
        if isCompressed { try await run(Compressed(base: transport), url) } else { try await run(transport, url) }
    }
    #endif

    /// Runs the case in memory.
    func run() async throws {
        try await run(MemoryTransport(plan: self), "memory://here/socket/memory")
    }

    func run<T: Transport>(_ transport: T, _ url: String) async throws {
        if isMessagePack {
            try await run(transport, MessagePackSerializer(), url)
        } else if isErased {
            try await run(AnyTransport(transport), AnySerializer(serializer), url)
        } else {
            try await run(transport, serializer, url)
        }
    }

    private func run<T: Transport, S: Serializer>(_ transport: T, _ serializer: S, _ url: String) async throws {
        let probe = Probe()
        switch name {
        case "integer":
            try await measure(probe) {
                SocketClient(Receiver<Integer>(self, url, probe), transport: transport, serializer: serializer)
            }
        case "untouched":
            try await measure(probe) {
                SocketClient(Receiver<Untouched>(self, url, probe), transport: transport, serializer: serializer)
            }
        case "decodable":
            try await measure(probe) {
                SocketClient(Receiver<Decoded>(self, url, probe), transport: transport, serializer: serializer)
            }
        case "echo", "pipelined", "send":
            try await measure(probe) {
                SocketClient(Sender(self, url, probe), transport: transport, serializer: serializer)
            }
        default:
            throw Misuse(text: "Expected integer, untouched, decodable, echo, pipelined or send, got \(name).")
        }
    }

    /// Warms up with a tenth, then measures.
    private func measure<H: SocketHandler, T: Transport, S: Serializer>(
        _ probe: Probe,
        _ make: () -> SocketClient<H, T, S>
    ) async throws where H.Info == Order {
        let clients = (0..<connections).map { _ in make() }
        for client in clients {
            client.start()
            try await probe.wait(for: 1)
        }
        let each = max(1, count / connections)
        for client in clients { try client.send(Order(count: max(1, each / 10))) }
        try await probe.wait(for: connections)
        let before = Mark.now
        for client in clients { try client.send(Order(count: each)) }
        try await probe.wait(for: connections)
        let after = Mark.now
        probe.report(messages: each * connections, from: before, to: after)
        for client in clients { client.stop() }
    }
}
