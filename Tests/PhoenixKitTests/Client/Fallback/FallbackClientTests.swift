import Foundation
import PhoenixJSON
import Synchronization
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// The example handler with its fallback, over loopback transports and on a clock that stands still.
@Suite("A client with a fallback", .timeLimit(.minutes(2)))
struct FallbackClientTests {
    /// A client, its two transports, its clock and its log.
    private final class Stage: Sendable {
        let webSocket = LoopbackTransport()
        let longPoll = LoopbackTransport(
            capabilities: TransportCapabilities(
                name: "longpoll",
                schemes: .http,
                needsHeartbeat: false,
                downstream: [.text]
            )
        )
        let clock = TestClock()
        /// What the server's waits are measured on: it stands still, so that they end by what they wait for.
        private let patience = TestClock()
        let store: InMemoryFallbackStore
        let lines = FrameQueue<String>()
        let client: SocketClient<Chat, AnyTransport, AnySerializer>

        init(serializer: SerializerPlugin = .json) throws {
            var registry = TwoWays.registry(webSocket, longPoll)
            registry.removeSerializer(named: "json")
            registry.register(serializer)
            var configuration = SocketConfiguration()
            configuration.clock = clock
            configuration.heartbeatInterval = .seconds(1_000_000)
            var settings = Fallback.Settings()
            settings.backoff.jitter = 0
            settings.probes.jitter = 0
            store = InMemoryFallbackStore(clock: clock)
            let lines = lines
            client = SocketClient(
                Chat(
                    fallback: try Fallback(
                        ConnectionTarget("ws://server.test/socket/websocket", ["token": "s3cret"]),
                        over: ["websocket", "longpoll"],
                        in: registry,
                        settings: settings,
                        store: store
                    ),
                    log: { lines.add($0) }
                ),
                registry: registry,
                configuration: configuration
            )
        }

        /// The next connection on `transport`, with Phoenix at its other end.
        func accept(
            _ transport: LoopbackTransport,
            speaking serializer: some Serializer = JSONSerializer.v2
        ) async throws -> LoopbackPhoenix {
            try await transport.accept(speaking: serializer, clock: patience)
        }

        /// The next line of the log.
        func line() async -> String? { await lines.next() }

        /// Answers the ping and the join of a connection that has just opened.
        ///
        /// The join first: the log tells of the first answer, and no timeout may be running then.
        func welcome(_ phoenix: LoopbackPhoenix) async throws {
            let frame = try #require(await phoenix.connection.receive())
            try await phoenix.acceptJoin("room:lobby")
            try phoenix.reply(to: try phoenix.serializer.decode(frame, as: .server))
        }

        /// Waits until somebody sleeps for `duration` from now, and lets that pass.
        func pass(_ duration: Duration) async {
            await clock.waitForSleeper(until: clock.now - Timestamp(nanoseconds: 0) + duration)
            clock.advance(by: duration)
        }

        static let refusal = PhoenixError(
            .upgradeRefused,
            "Refused.",
            cause: UpgradeRefusal(status: 502, headers: [], body: Bytes()),
            stage: .upgrade
        )
    }

    @Test("falls to long polling when upgrades are eaten, probes, and moves back when they are not: line by line")
    func thereAndBack() async throws {
        let stage = try Stage()
        stage.webSocket.refuseNext(Stage.refusal)
        stage.client.start()
        #expect(await stage.line() == "websocket: the best of 2; beginning with it.")
        #expect(await stage.line() == "websocket: the handshake was answered with status 502. Trying longpoll at once.")
        let polled = try await stage.accept(stage.longPoll)
        try await stage.welcome(polled)
        #expect(await stage.line() == "longpoll: proved itself, and is remembered.")
        #expect(stage.store.recall("ws://server.test:80/socket")?.choice == "longpoll")
        // The first probe meets the same middlebox, the second does not.
        stage.webSocket.refuseNext(Stage.refusal)
        // The driver wakes once for the join, which has been answered.
        await stage.pass(.seconds(10))
        await stage.pass(.seconds(110))
        #expect(
            await stage.line()
                == "websocket: the probe failed: the handshake was answered with status 502. "
                + "Staying with longpoll; probing again in 4 min."
        )
        await stage.pass(.seconds(240))
        let probed = try await stage.accept(stage.webSocket)
        let heartbeat = try probed.serializer.decode(try #require(await probed.connection.receive()), as: .server)
        try probed.reply(to: heartbeat)
        #expect(
            await stage.line()
                == "websocket: a second connection proved itself (round trip under 1 ms); moving to it from longpoll."
        )
        #expect(await polled.connection.clientClose()?.code == 1000)
        #expect(await stage.line() == "websocket: takes the place of the connection before.")
        let opened = try await stage.accept(stage.webSocket)
        try await stage.welcome(opened)
        #expect(await stage.line() == "websocket: proved itself; that another was better once is forgotten.")
        #expect(stage.store.recall("ws://server.test:80/socket") == nil)
        stage.client.stop()
        await opened.connection.waitForEnd()
    }

    @Test("a WebSocket that opens and dies three times unproven is given up, with waits between")
    func opensAndDies() async throws {
        let stage = try Stage()
        stage.client.start()
        _ = await stage.line()
        for (count, wait) in [(1, "1.0 s"), (2, "2.0 s")] {
            try await stage.accept(stage.webSocket).connection.vanish()
            #expect(
                await stage.line()
                    == "websocket: the connection opened and died before the server answered anything (transportDown), "
                    + "\(count) of 3 in a row. Trying again in \(wait)."
            )
            await stage.pass(.seconds(count))
        }
        try await stage.accept(stage.webSocket).connection.vanish()
        #expect(await stage.line()?.hasSuffix("3 of 3 in a row. Trying longpoll at once.") == true)
        try await stage.welcome(try await stage.accept(stage.longPoll))
        #expect(await stage.line() == "longpoll: proved itself, and is remembered.")
    }

    @Test(
        "B30: a serializer that long polling cannot carry is not kept for it: the fallback is refused, with the reason"
    )
    func incompatible() async throws {
        let stage = try Stage(serializer: SerializerPlugin(name: "packed", versions: ["2.0.0"]) { _, _ in Packed() })
        stage.webSocket.refuseNext(Stage.refusal)
        stage.client.start()
        _ = await stage.line()
        #expect(await stage.line() == "websocket: the handshake was answered with status 502. Trying longpoll at once.")
        let refused = await stage.line()
        #expect(
            refused?.hasPrefix("longpoll: Expected a serializer that reads text frames") == true,
            "\(refused ?? "-")"
        )
        #expect(refused?.hasSuffix("; it is left out from now on. Beginning with websocket again in 1.0 s.") == true)
        await stage.pass(.seconds(1))
        let phoenix = try await stage.accept(stage.webSocket, speaking: Packed())
        try await stage.welcome(phoenix)
        #expect(await stage.line() == "websocket: proved itself.")
    }

    @Test("B30: transport and serializer are resolved anew together: what fits the one is not kept for the other")
    func resolvedAnew() async throws {
        let plugin = SerializerPlugin(name: "both", versions: ["2.0.0"]) { _, request -> any Serializer in
            request.endpoint.lastPathComponent == "websocket" ? Packed() : JSONSerializer.v2
        }
        let stage = try Stage(serializer: plugin)
        stage.client.start()
        _ = await stage.line()
        let first = try await stage.accept(stage.webSocket, speaking: Packed())
        #expect(first.connection.request.serializer.emits == [.binary])
        first.connection.vanish()
        _ = await stage.line()
        stage.webSocket.refuseNext(Stage.refusal)
        await stage.pass(.seconds(1))
        #expect(await stage.line()?.hasSuffix("Trying longpoll at once.") == true)
        let polled = try await stage.accept(stage.longPoll)
        #expect(polled.connection.request.serializer.emits.contains(.text))
        try await stage.welcome(polled)
        #expect(await stage.line() == "longpoll: proved itself, and is remembered.")
    }

    @Test("the handler is the example's, word for word, and takes 40 lines at most")
    func example() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
        let here = try String(contentsOf: tests.appending(path: "FallbackChat.swift"), encoding: .utf8)
        let root = tests.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let example = try String(
            contentsOf: root.appending(path: "Examples/FallbackClient/Chat.swift"),
            encoding: .utf8
        )
        #expect(here == example.replacing("import Phoenix\n", with: "import PhoenixKit\n"))
        #expect(example.split(separator: "\n", omittingEmptySubsequences: false).count <= 41)
    }
}

/// JSON in binary frames, and nothing but these.
private struct Packed: Serializer {
    let name = "packed"
    let version = "2.0.0"
    let capabilities = SerializerCapabilities(emits: [.binary], accepts: [.binary], isLineBatchable: false)
    var payloadFormat: any PayloadFormat { JSONFormat() }

    func encode(_ message: Message, as role: Role) throws -> Frame {
        Frame(kind: .binary, bytes: try JSONSerializer.v2.encode(message, as: role).bytes)
    }

    func decode(_ frame: Frame, as role: Role) throws -> Message {
        try JSONSerializer.v2.decode(Frame(kind: .text, bytes: frame.bytes), as: role)
    }
}
