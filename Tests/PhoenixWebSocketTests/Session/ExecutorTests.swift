internal import NIOCore
internal import NIOPosix
internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

@Suite("Where the body runs", .timeLimit(.minutes(1)))
struct ExecutorTests {
    /// A caller with an isolation of its own.
    private actor Caller {
        var count = 0

        func call(_ peer: ScriptedPeer, _ transport: WebSocketTransport) async throws -> Int {
            try await transport.withConnection(peer.request(), run)
            try await transport.withConnection(peer.request()) { connection in
                self.assertIsolated()
                _ = try await connection.inbound.next()
                count += 1
            }
            return count
        }

        nonisolated(nonsending) private func run(_ connection: Connection) async throws {
            self.assertIsolated()
            _ = try await connection.inbound.next()
            self.assertIsolated()
        }
    }

    @Test("The body runs in the isolation of its caller")
    func callersIsolation() async throws {
        try await ScriptedPeer.run { peer in
            async let served: Void = {
                for _ in 0..<2 {
                    let connection = try await peer.accept()
                    try await connection.upgrade(glued: serverFrame(0x81, "hello"))
                    try await connection.finish()
                }
            }()
            #expect(try await Caller().call(peer, WebSocketTransport()) == 1)
            try await served
        }
    }

    @Test("On request the body runs on the event loop of its connection")
    func onTheEventLoop() async throws {
        var configuration = WebSocketTransport.Configuration()
        configuration.executor = .connection
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        configuration.eventLoopGroup = group
        let loop = group.next()
        try await meet(WebSocketTransport(configuration: configuration)) { peer in
            try await peer.upgrade()
            try await peer.send(serverFrame(0x81, "hello"))
            try await peer.finish()
        } body: { connection in
            #expect(loop.inEventLoop)
            _ = try await connection.inbound.next()
            #expect(loop.inEventLoop)
            try await connection.outbound.write([.text("echo")])
            #expect(loop.inEventLoop)
        }
        try await group.shutdownGracefully()
    }
}
