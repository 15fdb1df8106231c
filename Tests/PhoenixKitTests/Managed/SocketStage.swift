import PhoenixJSON
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// A managed socket over a loopback transport, on a clock that stands still, with its states in a queue.
final class SocketStage: Sendable {
    let transport = LoopbackTransport()
    let clock = TestClock()
    /// What the server's waits are measured on: it stands still, so that they end by what they wait for.
    private let patience = TestClock()
    let states = FrameQueue<SocketState>()
    let socket: PhoenixSocket

    init(_ configure: (inout PhoenixSocket.Settings) -> Void = { _ in }) throws {
        var settings = PhoenixSocket.Settings()
        settings.client.clock = clock
        settings.client.heartbeatInterval = .seconds(1_000_000)
        settings.fallback.backoff.jitter = 0
        settings.rejoin.jitter = 0
        settings.fallbackStore = InMemoryFallbackStore(clock: clock)
        configure(&settings)
        var registry = PluginRegistry.empty
        let transport = transport
        registry.register(TransportPlugin(name: "websocket", schemes: .webSocket) { _ in transport })
        registry.register(.json)
        socket = try PhoenixSocket("ws://server.test/socket/websocket", registry: registry, settings: settings)
        let states = states
        socket.onStateChange { states.add($0) }
    }

    /// Connects, and returns Phoenix at the other end.
    func open() async throws -> LoopbackPhoenix {
        socket.connect()
        #expect(await next() == .connecting)
        return try await reopened()
    }

    /// The connection that is being opened.
    func reopened() async throws -> LoopbackPhoenix {
        let phoenix = try await transport.accept(speaking: JSONSerializer.v2, clock: patience)
        #expect(await next() == .connected)
        return phoenix
    }

    /// The kind of the next state.
    func next() async -> SocketState.Kind? { await states.next()?.kind }

    /// Joins `topic`, server and all.
    @discardableResult
    func join(_ topic: String, at phoenix: LoopbackPhoenix) async throws -> PhoenixChannel {
        let channel = socket.channel(topic)
        let join = try channel.join()
        try await phoenix.acceptJoin(topic)
        try await join.response()
        return channel
    }

    /// Lets `duration` pass as soon as the socket waits for its end.
    func pass(_ duration: Duration) async {
        await clock.waitForSleeper(until: clock.now - Timestamp(nanoseconds: 0) + duration)
        clock.advance(by: duration)
    }
}
