import Logging
import PhoenixJSON
import PhoenixKit
import PhoenixService
import PhoenixTesting
import ServiceLifecycle
import ServiceLifecycleTestKit
import Testing

/// A shutdown is what the tests do; nothing in them waits for time.
@Suite("Sockets as services", .timeLimit(.minutes(1)))
struct SocketServiceTests {
    private let transport = LoopbackTransport()
    /// It stands still, so that a shutdown ends by what it waits for.
    private let clock = TestClock()

    private func socket() throws -> PhoenixSocket {
        var registry = PluginRegistry.empty
        registry.register(TransportPlugin(name: "websocket", schemes: .webSocket) { [transport] _ in transport })
        registry.register(.json)
        var settings = PhoenixSocket.Settings()
        settings.client.clock = clock
        settings.fallbackStore = InMemoryFallbackStore(clock: clock)
        return try PhoenixSocket("ws://server.test/socket/websocket", registry: registry, settings: settings)
    }

    private func group(_ service: SocketService) -> ServiceGroup {
        let once = ServiceGroupConfiguration.ServiceConfiguration(
            service: service,
            successTerminationBehavior: .gracefullyShutdownGroup
        )
        let silent = Logger(label: "service", factory: { _ in SwiftLogNoOpLogHandler() })
        return ServiceGroup(configuration: .init(services: [once], logger: silent))
    }

    @Test("a graceful shutdown waits for the reply to a push, closes with 1000, and ends the socket")
    func shutsDownGracefully() async throws {
        let socket = try socket()
        let group = group(SocketService(socket, flushingFor: .seconds(7)))
        async let running: Void = group.run()
        let phoenix = try await transport.accept(speaking: JSONSerializer.v2, clock: clock)
        let channel = socket.channel("topic")
        let join = try channel.join()
        try await phoenix.acceptJoin("topic")
        try await join.response()
        let push = try channel.push("last")
        let message = try await phoenix.expect("last", on: "topic")
        await group.triggerGracefulShutdown()
        let first = await withTaskGroup(of: String.self) { race in
            race.addTask {
                await clock.waitForSleeper(until: .seconds(7))
                return "waits"
            }
            race.addTask { "closes \(await phoenix.connection.clientClose()?.code ?? 0)" }
            defer { race.cancelAll() }
            return await race.next()
        }
        #expect(first == "waits")
        #expect(push.settled == nil)
        #expect(socket.state.kind == .connected)
        try phoenix.reply(to: message)
        try await push.response()
        #expect(await phoenix.connection.clientClose()?.code == 1000)
        try await running
        #expect(socket.state.kind == .stopped)
    }

    @Test("a shutdown while the socket waits for its next try ends it")
    func shutsDownWhileWaiting() async throws {
        let socket = try socket()
        let group = group(SocketService(socket))
        var states = socket.states.makeAsyncIterator()
        transport.refuseNext(PhoenixError(.unreachable, "Nobody is there."))
        async let running: Void = group.run()
        while let state = await states.next(), state.kind != .waiting {}
        await group.triggerGracefulShutdown()
        try await running
        #expect(socket.state.kind == .stopped)
    }

    @Test("a shutdown that comes before the service runs ends it as soon as it does")
    func shutsDownBefore() async throws {
        let socket = try socket()
        try await testGracefulShutdown { trigger in
            trigger.triggerGracefulShutdown()
            try await SocketService(socket).run()
        }
        #expect(socket.state.kind == .stopped)
    }

    @Test("cancelling the task ends the socket")
    func cancelled() async throws {
        let socket = try socket()
        let task = Task { try await SocketService(socket).run() }
        _ = await transport.accept()
        task.cancel()
        let states = socket.states
        await #expect(throws: CancellationError.self) { try await task.value }
        // It returns at once; the socket stops by itself.
        var last: SocketState?
        for await state in states { last = state }
        #expect(last?.kind == .stopped)
    }

    @Test("a callback client is connected until the shutdown, and is told to terminate")
    func callbackClient() async throws {
        let client = SocketClient(
            Doorman(target: try ConnectionTarget("ws://server.test/socket/websocket")),
            transport: transport,
            serializer: JSONSerializer.v2
        )
        let group = group(SocketService(client))
        async let running: Void = group.run()
        let server = await transport.accept()
        await group.triggerGracefulShutdown()
        #expect(await server.clientClose()?.code == 1000)
        try await running
        await #expect(throws: PhoenixError.self) { try await client.run() }
    }
}

/// Connects, and asks for nothing more.
private struct Doorman: SocketHandler {
    let target: ConnectionTarget

    mutating func start(_ socket: inout Socket) -> Start { .connect(target) }
}
