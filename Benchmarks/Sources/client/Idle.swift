#if Network
internal import Harness
internal import PhoenixJSON
internal import PhoenixKit
internal import PhoenixWebSocket

/// Memory per joined connection that does nothing any more.
enum Idle {
    static func run(_ arguments: ArraySlice<String>) async throws {
        let numbers = arguments.compactMap { Int($0) }
        guard numbers.count == 3 else { throw Misuse(text: "Expected PORT CONNECTIONS MESSAGES.") }
        let plan = try Plan(["untouched", "1", "64"])
        let probe = Probe()
        let url = "ws://127.0.0.1:\(numbers[0])/socket/websocket"
        var clients: [SocketClient<Receiver<Untouched>, WebSocketTransport, JSONSerializer>] = []
        func open() async throws {
            let client = SocketClient(
                Receiver<Untouched>(plan, url, probe),
                transport: WebSocketTransport(),
                serializer: JSONSerializer.v2
            )
            clients.append(client)
            client.start()
            try await probe.wait(for: 1)
            if numbers[2] > 0 {
                try client.send(Order(count: numbers[2]))
                try await probe.wait(for: 1)
            }
        }
        // What the first connections bring with them is nobody's own.
        for _ in 0..<50 { try await open() }
        let before = ResidentMemory.now
        for _ in 0..<numbers[1] { try await open() }
        let after = ResidentMemory.now
        print("{\"messages\":\(numbers[1]),\"bytes\":\((after - before) / numbers[1])}")
        for client in clients { client.stop() }
    }
}
#endif
