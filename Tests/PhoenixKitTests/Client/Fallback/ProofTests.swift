import PhoenixJSON
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

@Suite("Pings, proof and probes", .timeLimit(.minutes(2)))
struct ProofTests {
    // MARK: Pings

    @Test(
        "a ping leaves at once, and its answer is reported with the round trip",
        arguments: ["websocket", "longpoll"]
    )
    func ping(_ transport: String) async throws {
        let bench = try TwoWays(begin: transport)
        let phoenix = try await bench.open()
        let reference = try await bench.act { try $0.ping() }
        let heartbeat = try await next(phoenix)
        #expect(heartbeat.topic == "phoenix" && heartbeat.event == "heartbeat" && heartbeat.reference == reference)
        bench.clock.advance(by: .milliseconds(40))
        try phoenix.reply(to: heartbeat)
        #expect(await bench.next() == .answered(reference, .milliseconds(40)))
        #expect(await bench.next() == .proven(1))
        #expect(try await bench.act { $0.roundTrip == .milliseconds(40) ? 1 : 0 } == 1)
    }

    @Test("without a connection a ping throws disconnected")
    func pingWithoutConnection() async throws {
        let bench = try TwoWays(begin: "websocket")
        bench.webSocket.hang()
        bench.client.start()
        let error = await #expect(throws: PhoenixError.self) {
            try await bench.act { try $0.ping() }
        }
        #expect(error?.code == .disconnected)
    }

    @Test("silence after a ping kills a connection that needs heartbeats, and the next heartbeat is due after it")
    func pingIsAHeartbeat() async throws {
        let bench = try TwoWays(begin: "websocket")
        let phoenix = try await bench.open()
        await bench.clock.waitForSleeper(until: .seconds(30))
        bench.clock.advance(by: .seconds(10))
        try await bench.act { try $0.ping() }
        _ = try await next(phoenix)
        await bench.clock.waitForSleeper(until: .seconds(25))
        bench.clock.advance(by: .seconds(15))
        #expect(await bench.next() == .disconnected("failed"))
    }

    // MARK: Proof

    @Test("any reply proves a connection, once, after its own callback; on the next connection it is to be proven anew")
    func proven() async throws {
        let bench = try TwoWays(begin: "websocket")
        let phoenix = try await bench.open()
        try await bench.join("a", at: phoenix, proves: 1)
        let push = try await bench.act { try $0.push("a", "e") }
        try phoenix.reply(to: try await phoenix.expect("e", on: "a"))
        #expect(await bench.next() == .replied(push, TwoWays.ok))
        phoenix.connection.vanish()
        #expect(await bench.next() == .disconnected("transportDown"))
        try bench.direct(.connect)
        let second = try await bench.accept(bench.webSocket)
        #expect(await bench.next() == .connected(2))
        #expect(try await bench.act { $0.isProven ? 1 : 0 } == 0)
        try await bench.join("a", at: second, proves: 2)
    }

    @Test("what answers nothing proves nothing: messages, and replies to what was never asked here")
    func unproven() async throws {
        let bench = try TwoWays(begin: "websocket")
        let phoenix = try await bench.open()
        let format = JSONFormat()
        for message in [
            Message(
                reference: 99,
                topic: "phoenix",
                event: "phx_reply",
                status: "ok",
                payload: Payload("{}", format: format)
            ),
            Message(
                reference: 98,
                topic: "a",
                event: "phx_reply",
                status: "ok",
                payload: Payload("{}", format: format)
            ),
            Message(reference: nil, topic: "a", event: "news", payload: Payload("{}", format: format)),
        ] {
            try phoenix.send(message)
        }
        try await bench.act { try $0.join("a") }
        let join = try await phoenix.expectJoin("a")
        // All that came before the join was looked at has been by now.
        #expect(try await bench.act { $0.isProven ? 1 : 0 } == 0)
        try phoenix.reply(to: join)
        #expect(await bench.next() == .joined("a"))
        #expect(await bench.next() == .proven(1))
    }

    // MARK: Probes

    @Test("a probe opens a second connection, sends one heartbeat, closes, and leaves the first connection alone")
    func probe() async throws {
        let bench = try TwoWays()
        let phoenix = try await bench.open()
        try await bench.join("a", at: phoenix, proves: 1)
        try bench.probe(bench.webSocketTarget)
        let probed = try await bench.accept(bench.webSocket)
        #expect(probed.connection.request.url.requestTarget == "/socket/websocket?token=s3cret&vsn=2.0.0")
        let heartbeat = try await next(probed)
        #expect(heartbeat.topic == "phoenix" && heartbeat.event == "heartbeat")
        bench.clock.advance(by: .milliseconds(30))
        try probed.broadcast("noise", on: "a")
        try probed.reply(to: heartbeat)
        #expect(await bench.next() == .probed("proven in 0.03 seconds"))
        #expect(await probed.connection.clientClose()?.code == 1000)
        await probed.connection.waitForEnd()
        #expect(await probed.connection.receive() == nil, "nothing but the heartbeat")
        try phoenix.push("news", on: "a")
        #expect(await bench.next() == .received("news"))
    }

    @Test("a probe that fails says how")
    func failedProbes() async throws {
        let bench = try TwoWays()
        _ = try await bench.open()
        bench.webSocket.refuseNext(PhoenixError(.upgradeRefused, "Refused."))
        try bench.probe(bench.webSocketTarget)
        #expect(await bench.next() == .probed("failedToConnect: upgradeRefused: Refused."))
        try bench.probe(try ConnectionTarget("ws://server.test/socket/carrier"))
        guard case .probed(let text)? = await bench.next() else {
            Issue.record("no outcome")
            return
        }
        #expect(text.hasPrefix("failedToConnect: unknownTransport"))
        try bench.probe(bench.webSocketTarget)
        let closing = try await bench.accept(bench.webSocket)
        _ = try await next(closing)
        closing.connection.close(code: 1001)
        #expect(await bench.next() == .probed("closed by the server (1001)"))
        try bench.probe(bench.webSocketTarget)
        let vanishing = try await bench.accept(bench.webSocket)
        _ = try await next(vanishing)
        vanishing.connection.vanish()
        #expect(await bench.next() == .probed("transportDown"))
        #expect(try await bench.act { $0.isConnected ? 1 : 0 } == 1)
    }

    @Test("a probe that nobody answers ends by its deadline: after opening, and before it")
    func silentProbes() async throws {
        let bench = try TwoWays()
        _ = try await bench.open()
        try bench.probe(bench.webSocketTarget)
        let silent = try await bench.accept(bench.webSocket)
        _ = try await next(silent)
        await bench.clock.waitForSleeper(until: .seconds(15))
        bench.clock.advance(by: .seconds(15))
        #expect(
            await bench.next()
                == .probed("failed: timeout: Expected an answer to the probe within 15.0 seconds, got none.")
        )
        await silent.connection.waitForEnd()
        bench.webSocket.hang()
        try bench.probe(bench.webSocketTarget)
        await bench.clock.waitForSleeper(until: .seconds(15 + 51))
        bench.clock.advance(by: .seconds(51))
        #expect(
            await bench.next()
                == .probed("failedToConnect: timeout: Expected an answer to the probe within 51.0 seconds, got none.")
        )
    }

    @Test("a probe ends with its client")
    func stopped() async throws {
        let bench = try TwoWays()
        _ = try await bench.open()
        try bench.probe(bench.webSocketTarget)
        let probed = try await bench.accept(bench.webSocket)
        _ = try await next(probed)
        bench.client.stop()
        await probed.connection.waitForEnd()
    }

    /// The next message of the client, heartbeats included.
    private func next(_ phoenix: LoopbackPhoenix) async throws -> Message {
        let frame = try #require(await phoenix.connection.receive())
        return try phoenix.serializer.decode(frame, as: .server)
    }
}
