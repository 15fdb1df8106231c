import PhoenixJSON
import PhoenixKit
import Synchronization
import Testing

@testable import PhoenixTesting

/// A test socket, the Phoenix it talks to, and the clock of both.
struct Stage {
    let transport = LoopbackTransport()
    let clock = TestClock()
    let socket: TestSocket
    let serializer: JSONSerializer

    /// Settings whose clock stands still.
    static var patient: SocketConfiguration {
        var configuration = SocketConfiguration()
        configuration.clock = TestClock()
        return configuration
    }

    init(_ serializer: JSONSerializer = .v2, connects: Bool = true, queueLimit: Int = 1_024) throws {
        self.serializer = serializer
        var configuration = SocketConfiguration()
        configuration.clock = clock
        socket = try TestSocket(
            "ws://server.test/socket/websocket",
            ["token": "s3cret"],
            connects: connects,
            transport: transport,
            serializer: serializer,
            configuration: configuration,
            queueLimit: queueLimit
        )
    }

    /// Accepts the next connection.
    func open() async throws -> LoopbackPhoenix {
        let phoenix = try await transport.accept(speaking: serializer, clock: TestClock())
        guard case .connected = try await socket.waitConnectStatus() else { throw TestSocketError.disconnected }
        return phoenix
    }

    /// Joins `topic`, server and all.
    func join(_ topic: String, _ phoenix: LoopbackPhoenix) async throws {
        async let join = phoenix.acceptJoin(topic)
        try await socket.join(topic)
        _ = try await join
    }
}

@Suite("The test socket", .timeLimit(.minutes(1)))
struct TestSocketTests {
    @Test("it joins, pushes, listens and leaves, each with its outcome", arguments: [JSONSerializer.v2, .v1])
    func conversation(serializer: JSONSerializer) async throws {
        let stage = try Stage(serializer)
        let phoenix = try await stage.open()
        let socket = stage.socket
        #expect(phoenix.connection.request.url.requestTarget.hasPrefix("/socket/websocket?token=s3cret&vsn="))

        async let joined = socket.join("room:1", ["as": "ada"])
        let join = try await phoenix.expectJoin("room:1")
        #expect(join.payload["as"]?.string == "ada")
        try phoenix.reply(to: join, ["welcome": 1])
        #expect(try await joined.topic == "room:1")
        #expect(try await joined.response["welcome"]?.integer == 1)
        #expect(try await socket.isJoined("room:1"))

        async let refused = socket.pushSync("room:1", "sum", [1, 2])
        try phoenix.reply(to: try await phoenix.expect("sum", on: "room:1"), status: "error", ["reason": "no"])
        #expect(try await refused.status == "error")
        #expect(try await refused.response["reason"]?.string == "no")

        try phoenix.push("one", on: "room:1", ["n": 1])
        try phoenix.broadcast("two", on: "room:1", ["n": 2])
        #expect(try await socket.awaitMessage(event: "two").payload["n"]?.integer == 2)
        #expect(try await socket.awaitMessage().event == "one")

        let hasLeft = Mutex(false)
        async let left: Void = {
            try await socket.leave("room:1")
            hasLeft.withLock { $0 = true }
        }()
        try phoenix.reply(to: try await phoenix.expect("phx_leave", on: "room:1"))
        for _ in 0..<10 { #expect(try await socket.isJoined("room:1") == false) }
        #expect(hasLeft.withLock { $0 } == false, "the reply alone does not end a leave")
        try phoenix.close("room:1")
        try await left
        await #expect(throws: TestSocketError.timeout, "the close of a leave is not told a second time") {
            try await socket.awaitChannelClosed(timeout: .zero)
        }
    }

    @Test("a refused join says what the server said, and can be tried again")
    func refusedJoin() async throws {
        let stage = try Stage()
        let phoenix = try await stage.open()
        async let first = stage.socket.join("room:1")
        try phoenix.reply(to: try await phoenix.expectJoin("room:1"), status: "error", ["reason": "full"])
        let response = Payload("{\"reason\":\"full\"}", format: JSONFormat())
        do {
            _ = try await first
            Issue.record("joined")
        } catch {
            #expect(
                error as? TestSocketError == .serverRejected(topic: "room:1", status: "error", response: response)
            )
        }
        try await stage.join("room:1", phoenix)
    }

    @Test("what may not be asked is refused at once")
    func refusals() async throws {
        let stage = try Stage(connects: false)
        let socket = stage.socket
        await #expect(throws: TestSocketError.disconnected) { try await socket.join("a") }
        await #expect(throws: TestSocketError.disconnected) { try await socket.leave("a") }
        await #expect(throws: TestSocketError.disconnected) { try await socket.push("a", "e") }
        await #expect(throws: TestSocketError.disconnected) { try await socket.pushSync("a", "e") }
        try await socket.connect()
        let phoenix = try await stage.open()
        await #expect(throws: TestSocketError.notJoined) { try await socket.leave("a") }
        await #expect(throws: TestSocketError.notJoined) { try await socket.push("a", "e") }
        try await stage.join("a", phoenix)
        await #expect(throws: TestSocketError.alreadyJoined) { try await socket.join("a") }
        await #expect(throws: TestSocketError.encoding(PhoenixError(.encoding, ""))) {
            try await socket.push("a", "e", ["x": .double(.nan)])
        }
        await #expect(throws: TestSocketError.other(PhoenixError(.invalidURL, ""))) {
            try await socket.connect(to: "nonsense")
        }
    }

    @Test("a join, a leave and a push end at their timeouts, the client's books with them")
    func timeouts() async throws {
        let stage = try Stage()
        let (socket, clock) = (stage.socket, stage.clock)
        let phoenix = try await stage.open()
        let join = Task { try await socket.join("a", timeout: .seconds(3)) }
        _ = try await phoenix.expectJoin("a")
        await clock.waitForSleeper(until: .seconds(3))
        clock.advance(by: .seconds(3))
        await expect(.timeout) { _ = try await join.value }
        _ = try await phoenix.expect("phx_leave", on: "a")

        try await stage.join("a", phoenix)
        let push = Task { try await socket.pushSync("a", "e", timeout: .seconds(1)) }
        _ = try await phoenix.expect("e", on: "a")
        await clock.waitForSleeper(until: .seconds(4))
        clock.advance(by: .seconds(1))
        await expect(.timeout) { _ = try await push.value }

        let leave = Task { try await socket.leave("a", timeout: .seconds(1)) }
        _ = try await phoenix.expect("phx_leave", on: "a")
        await clock.waitForSleeper(until: .seconds(5))
        clock.advance(by: .seconds(1))
        await expect(.timeout) { _ = try await leave.value }

        let message = Task { try await socket.awaitMessage(timeout: .seconds(1)) }
        await clock.waitForSleeper(until: .seconds(6))
        clock.advance(by: .seconds(1))
        await expect(.timeout) { _ = try await message.value }
    }

    @Test("all that waits for the server ends when the connection is lost, a leave that has its reply included")
    func loss() async throws {
        let stage = try Stage()
        let socket = stage.socket
        let phoenix = try await stage.open()
        try await stage.join("a", phoenix)
        try await stage.join("b", phoenix)
        let join = Task { try await socket.join("c") }
        _ = try await phoenix.expectJoin("c")
        let push = Task { try await socket.pushSync("b", "e") }
        _ = try await phoenix.expect("e", on: "b")
        let leave = Task { try await socket.leave("a") }
        try phoenix.reply(to: try await phoenix.expect("phx_leave", on: "a"))
        phoenix.connection.vanish()
        await expect(.disconnected) { _ = try await join.value }
        await expect(.disconnected) { _ = try await push.value }
        await expect(.disconnected) { _ = try await leave.value }
        guard case .disconnected(let reason) = try await socket.waitConnectStatus() else {
            Issue.record("connected")
            return
        }
        #expect(reason.kind == .transportDown)
        #expect(try await socket.isJoined("b") == false)
        try await socket.connect()
        _ = try await stage.open()
    }

    @Test("a leave ends when its topic is joined again, whichever comes first")
    func rejoin() async throws {
        let stage = try Stage()
        let socket = stage.socket
        let phoenix = try await stage.open()
        // The leave has its reply, the close never comes.
        try await stage.join("a", phoenix)
        async let first = socket.leave("a")
        try phoenix.reply(to: try await phoenix.expect("phx_leave", on: "a"))
        while try await socket.isJoined("a") { await Task.yield() }
        try await stage.join("a", phoenix)
        _ = try await first
        // The join overtakes the leave, which is never answered.
        async let second = socket.leave("a")
        _ = try await phoenix.expect("phx_leave", on: "a")
        try await stage.join("a", phoenix)
        _ = try await second
        #expect(try await socket.isJoined("a"))
    }

    @Test("closes and crashes of channels are told, with what they ended")
    func closures() async throws {
        let stage = try Stage()
        let socket = stage.socket
        let phoenix = try await stage.open()
        try await stage.join("a", phoenix)
        try await stage.join("b", phoenix)
        let push = Task { try await socket.pushSync("a", "e") }
        _ = try await phoenix.expect("e", on: "a")
        let waiting = try await socket.push("b", "e")
        _ = try await phoenix.expect("e", on: "b")
        try phoenix.close("a")
        try phoenix.crash("b")
        await expect(.channelClosed) { _ = try await push.value }
        #expect(try await socket.awaitChannelClosed("b").kind == .crashed)
        #expect(try await socket.awaitChannelClosed().kind == .closed)
        #expect(try await socket.awaitReply(to: waiting) == .channelClosed)
    }

    @Test("what nobody takes is kept up to the bound; the oldest goes and is counted")
    func bound() async throws {
        let stage = try Stage(queueLimit: 2)
        let phoenix = try await stage.open()
        try await stage.join("a", phoenix)
        for number: Int64 in 1...5 { try phoenix.push("tick", on: "a", .value(.signed(number))) }
        try await stage.join("b", phoenix)
        #expect(stage.socket.droppedCount == 3)
        #expect(try await stage.socket.awaitMessage().payload.integer == 4)
    }

    @Test("a connection that fails is told with its reason, and can be tried again elsewhere")
    func refusedConnection() async throws {
        let stage = try Stage(connects: false)
        stage.transport.refuseNext(PhoenixError(.unreachable, "down"))
        try await stage.socket.connect()
        guard case .disconnected(let reason) = try await stage.socket.waitConnectStatus() else {
            Issue.record("connected")
            return
        }
        #expect(reason.error?.code == .unreachable)
        try await stage.socket.connect(to: "ws://other.test/socket/websocket", ["a": 1])
        let phoenix = try await stage.open()
        #expect(phoenix.connection.request.url.host == "other.test")
        #expect(phoenix.connection.request.url.requestTarget == "/socket/websocket?a=1&vsn=2.0.0")
        try await stage.socket.disconnect()
        #expect(await phoenix.connection.clientClose()?.code == 1000)
    }

    @Test("a registry chooses transport and serializer")
    func registry() async throws {
        let transport = LoopbackTransport()
        var registry = PluginRegistry.empty
        registry.register(TransportPlugin(name: "websocket", schemes: .webSocket) { _ in transport })
        registry.register(SerializerPlugin.json)
        let socket = try TestSocket(
            "wss://server.test/socket",
            registry: registry,
            options: ["transport": "websocket", "vsn": "1.0.0"],
            configuration: Stage.patient
        )
        let phoenix = try await transport.accept(speaking: JSONSerializer.v1, clock: TestClock())
        #expect(phoenix.connection.request.url.requestTarget == "/socket/websocket?vsn=1.0.0")
        async let join = phoenix.acceptJoin("a")
        try await socket.join("a")
        _ = try await join
    }

    @Test("stopping ends all waits, and everything asked afterwards")
    func stop() async throws {
        let stage = try Stage()
        let phoenix = try await stage.open()
        let message = Task { try await stage.socket.awaitMessage() }
        await stage.clock.waitForSleeper(until: .seconds(5))
        stage.socket.stop()
        await expect(.stopped) { _ = try await message.value }
        await expect(.stopped) { try await stage.socket.join("a") }
        await expect(.stopped) { _ = try await stage.socket.waitConnectStatus() }
        #expect(await phoenix.connection.clientClose()?.code == 1000)
    }

    @Test("a wait ends with its task")
    func cancellation() async throws {
        let stage = try Stage()
        let phoenix = try await stage.open()
        let join = Task { try await stage.socket.join("a") }
        _ = try await phoenix.expectJoin("a")
        join.cancel()
        await expect(.stopped) { _ = try await join.value }
        let message = Task { try await stage.socket.awaitMessage() }
        await stage.clock.waitForSleeper(until: .seconds(5))
        message.cancel()
        await expect(.stopped) { _ = try await message.value }
    }

    @Test("letting the socket go closes its connection")
    func released() async throws {
        let transport = LoopbackTransport()
        let phoenix = try await {
            let socket = try TestSocket(
                "ws://server.test/socket/websocket",
                transport: transport,
                serializer: JSONSerializer.v2,
                configuration: Stage.patient
            )
            _ = try await socket.waitConnectStatus()
            return try await transport.accept(speaking: JSONSerializer.v2, clock: TestClock())
        }()
        #expect(await phoenix.connection.clientClose()?.code == 1000)
        await phoenix.connection.waitForEnd()
    }

    /// Expects `body` to throw `wanted`.
    private func expect(_ wanted: TestSocketError, _ body: () async throws -> Void) async {
        do {
            try await body()
            Issue.record("expected \(wanted), got nothing thrown")
        } catch {
            #expect(error as? TestSocketError == wanted)
        }
    }
}
