import PhoenixJSON
import PhoenixKit
import PhoenixTesting
import Testing

/// An app's handler, as the example of `LoopbackPhoenix` has it: joins a room, and echoes what it hears, as `alive` once a
/// heartbeat was answered.
private struct Parrot: SocketHandler {
    func start(_ socket: inout Socket) throws -> Start { try .connect("ws://server.test/socket/websocket") }

    func connected(_ socket: inout Socket) -> Directive {
        _ = try? socket.join("room:1")
        return .ok
    }

    func received(_ message: Message, _ socket: inout Socket) -> Directive {
        let event = socket.roundTrip == nil ? "echo" : "alive"
        _ = try? socket.push(message.topic, event, .payload(message.payload))
        return .ok
    }

    func channelClosed(_ closure: ChannelClosure, _ socket: inout Socket) -> Directive {
        _ = try? socket.join(closure.topic, ["again": true])
        return .ok
    }
}

@Suite("Phoenix on a loopback", .timeLimit(.minutes(1)))
struct LoopbackPhoenixTests {
    private let transport = LoopbackTransport()

    private func open(
        _ serializer: JSONSerializer = .v2,
        configuration: SocketConfiguration = SocketConfiguration()
    ) async throws -> (SocketClient<Parrot, LoopbackTransport, JSONSerializer>, LoopbackPhoenix) {
        let client = SocketClient(
            Parrot(),
            transport: transport,
            serializer: serializer,
            configuration: configuration
        )
        client.start()
        // Their clock stands still: a busy machine must not end a wait.
        return (client, try await transport.accept(speaking: serializer, clock: TestClock()))
    }

    private func code(_ body: () async throws -> Void) async -> PhoenixError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? PhoenixError)?.code
        }
    }

    @Test("an app is tested without a server", arguments: [JSONSerializer.v2, .v1])
    func app(serializer: JSONSerializer) async throws {
        let (client, phoenix) = try await open(serializer)
        try await phoenix.acceptJoin("room:1", ["welcome": true])
        try phoenix.push("news", on: "room:1", ["body": "hello"])
        #expect(try await phoenix.expect("echo", on: "room:1").payload["body"]?.string == "hello")
        try phoenix.broadcast("news", on: "room:1", ["body": "all"])
        let push = try await phoenix.expect("echo", on: "room:1")
        try phoenix.reply(to: push, .payload(push.payload))
        try phoenix.crash("room:1")
        #expect(try await phoenix.acceptJoin("room:1").payload["again"]?.boolean == true)
        try phoenix.close("room:1")
        try await phoenix.acceptJoin("room:1")
        client.stop()
        #expect(await code { _ = try await phoenix.receive() } == .disconnected)
    }

    @Test("heartbeats are answered wherever a message is awaited")
    func heartbeats() async throws {
        let clock = TestClock()
        var configuration = SocketConfiguration()
        configuration.clock = clock
        let (client, phoenix) = try await open(configuration: configuration)
        try await phoenix.acceptJoin("room:1")
        // The echo shows that the client has seen the reply to its join before its time is over.
        try phoenix.push("news", on: "room:1")
        _ = try await phoenix.expect("echo", on: "room:1")
        await clock.waitForSleeper(until: .seconds(30))
        clock.advance(by: .seconds(30))
        var event = "echo"
        while event == "echo" {
            try phoenix.push("news", on: "room:1")
            event = try await phoenix.receive().event
        }
        #expect(event == "alive")
        client.stop()
    }

    @Test("what is not expected is an error that says what came")
    func unexpected() async throws {
        let (client, phoenix) = try await open()
        do {
            _ = try await phoenix.expectJoin("room:2")
            Issue.record("expected an error")
        } catch {
            #expect(error.code == .transportProtocol)
            #expect(error.message == "Expected phx_join on room:2 from the client, got phx_join on room:1.")
        }
        client.stop()
    }

    @Test("what the server cannot say is an error: pushes to topics that are not joined, payloads that have no form")
    func misuse() async throws {
        let (client, phoenix) = try await open(.v1)
        #expect(await code { try phoenix.push("e", on: "room:1") } == .notJoined)
        #expect(await code { try phoenix.close("room:1") } == .notJoined)
        try await phoenix.acceptJoin("room:1")
        #expect(
            await code { try phoenix.push("e", on: "room:1", .binary([1])) } == .encoding
        )
        client.stop()
    }

    @Test("a leave is answered and its channel closed")
    func leave() async throws {
        let stage = try Stage()
        let phoenix = try await stage.open()
        try await stage.join("a", phoenix)
        async let accepted = phoenix.acceptLeave("a")
        try await stage.socket.leave("a")
        _ = try await accepted
    }

    @Test("waits end at their timeouts and with their tasks")
    func timeouts() async throws {
        let clock = TestClock()
        let waiting = Task { try await transport.accept(speaking: JSONSerializer.v2, clock: clock) }
        await clock.waitForSleeper(until: .seconds(5))
        clock.advance(by: .seconds(5))
        await #expect(throws: PhoenixError.self) { try await waiting.value }

        let (client, phoenix) = try await open()
        try await phoenix.acceptJoin("room:1")
        let slow = LoopbackPhoenix(phoenix.connection, speaking: JSONSerializer.v2, clock: clock)
        let message = Task { await code { _ = try await slow.receive(timeout: .seconds(1)) } }
        await clock.waitForSleeper(until: .seconds(6))
        clock.advance(by: .seconds(1))
        #expect(await message.value == .timeout)
        let cancelled = Task { await code { _ = try await slow.receive() } }
        await clock.waitForSleeper(until: .seconds(11))
        cancelled.cancel()
        #expect(await cancelled.value == .stopped)
        client.stop()

        let accepting = Task { await LoopbackTransport().accept() }
        accepting.cancel()
        #expect(await accepting.value.receive() == nil)
    }
}
