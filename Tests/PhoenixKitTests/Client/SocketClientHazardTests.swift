import PhoenixJSON
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// The bugs of other clients that concern the callback client, by the numbers of the project's list of hazards.
@Suite("The callback client, hazards", .timeLimit(.minutes(1)))
struct SocketClientHazardTests {
    @Test("B6: a late frame of the old connection reaches nothing of the new one")
    func lateFramesOfAnOldConnection() async throws {
        let bench = Bench()
        let old = await bench.open()
        let join = try await bench.join(old, "a")
        old.ignoreCloses()
        try bench.client.send { _ in
            .connectTo(ConnectionTarget(endpoint: Endpoint(scheme: "ws", host: "other.test", path: "/s/websocket")))
        }
        #expect(await bench.next() == .disconnected("replaced"))
        let new = await bench.transport.accept()
        #expect(await bench.next() == .connected(2))
        let again = try await bench.join(new, "a")
        // Both connections are alive now; what comes on the old one would match the new join's topic.
        try bench.send(old, "shout", on: "a")
        try bench.send(old, "phx_reply", on: "a", joinReference: again, reference: again, status: "error")
        try bench.send(old, "phx_error", on: "a")
        old.close(code: 1000)
        await old.waitForEnd()
        try bench.send(new, "tick", on: "a", joinReference: again)
        #expect(await bench.next() == .received("a", "tick", "{}"))
        #expect(try await bench.act { $0.isJoined("a") })
        #expect(join != again)
    }

    @Test("B14: nothing is buffered for a later connection, and every push carries the join_ref of the present join")
    func stampsAtSend() async throws {
        let bench = Bench(reconnects: true)
        let old = await bench.open()
        try await bench.join(old, "a")
        old.vanish()
        _ = await bench.next()
        let new = await bench.transport.accept()
        #expect(await bench.next() == .connected(2))
        await #expect(throws: PhoenixError.self, "not joined on this connection yet") {
            try await bench.act { try $0.push("a", "lost") == 0 }
        }
        let join = try await bench.join(new, "a")
        try await bench.act { try $0.push("a", "kept").number ?? 0 > 0 }
        let push = try await bench.message(new)
        #expect(push.event == "kept" && push.joinReference == join)
    }

    @Test("B15: a heartbeat that the old connection never answered does not count against the new one")
    func heartbeatsBelongToTheirConnection() async throws {
        let bench = Bench(reconnects: true)
        let old = await bench.open()
        await bench.clock.waitForSleeper(until: .seconds(30))
        bench.clock.advance(by: .seconds(30))
        #expect(try await bench.message(old).event == "heartbeat")
        old.vanish()
        #expect(await bench.next() == .disconnected("transportDown"))
        let new = await bench.transport.accept()
        #expect(await bench.next() == .connected(2))
        await bench.clock.waitForSleeper(until: .seconds(60))
        bench.clock.advance(by: .seconds(20))
        try await bench.join(new, "a")
        bench.clock.advance(by: .seconds(10))
        let heartbeat = try await bench.message(new)
        #expect(heartbeat.event == "heartbeat" && heartbeat.joinReference == nil)
        try bench.reply(new, to: heartbeat)
        try bench.send(new, "tick", on: "a")
        #expect(await bench.next() == .received("a", "tick", "{}"))
        #expect(try await bench.act { $0.roundTrip == .zero })
    }

    @Test("B16: a connection that is silent after a heartbeat is dead; one that says anything is not")
    func silence() async throws {
        let bench = Bench()
        let server = await bench.open()
        try await bench.join(server, "a")
        // The join may take until 10 s; the heartbeat leaves at 30 s and must be followed by something until 45 s.
        await bench.clock.waitForSleeper(until: .seconds(30))
        bench.clock.advance(by: .seconds(30))
        #expect(try await bench.message(server).event == "heartbeat")
        await bench.clock.waitForSleeper(until: .seconds(45))
        bench.clock.advance(by: .seconds(14))
        try bench.send(server, "tick", on: "a")
        #expect(await bench.next() == .received("a", "tick", "{}"))
        bench.clock.advance(by: .seconds(16))
        #expect(try await bench.message(server).event == "heartbeat")
        await bench.clock.waitForSleeper(until: .seconds(75))
        bench.clock.advance(by: .seconds(15))
        guard case .disconnected(let reason)? = await bench.next() else {
            Issue.record("not told")
            return
        }
        #expect(reason.hasPrefix("failed: timeout: Expected a sign of life"))
        await server.waitForEnd()
    }

    @Test("B17: no timer lives after a disconnect: neither heartbeat nor timeouts")
    func noTimersAfterDisconnect() async throws {
        let bench = Bench()
        let server = await bench.open()
        try await bench.join(server, "a")
        try await bench.act { try $0.push("a", "e") == 2 }
        await bench.clock.waitForSleeper(until: .seconds(10))
        server.vanish()
        #expect(await bench.next() == .replied(2, .disconnected))
        #expect(await bench.next() == .disconnected("transportDown"))
        await server.waitForEnd()
        bench.clock.advance(by: .seconds(10_000))
        #expect(try await bench.act { $0.isConnected } == false)
        #expect(bench.clock.sleeperCount == 0)
    }

    @Test("B18: an attempt that is replaced while it connects never becomes the connection")
    func overlappingAttempts() async throws {
        let bench = Bench()
        bench.transport.hang { $0.url.host != "three.test" }
        bench.client.start()
        func go(to host: String) throws {
            try bench.client.send { _ in
                .connectTo(ConnectionTarget(endpoint: Endpoint(scheme: "ws", host: host, path: "/s/websocket")))
            }
        }
        try go(to: "one.test")
        try go(to: "two.test")
        #expect(try await bench.act { $0.generation == 3 })
        try go(to: "three.test")
        let server = await bench.transport.accept()
        #expect(server.request.url.host == "three.test")
        #expect(await bench.next() == .connected(4))
        #expect(try await bench.act { $0.isConnected })
    }

    @Test("B20: a hundred thousand pushes of several callbacks arrive in the order of the calls")
    func order() async throws {
        let bench = Bench(configure: { $0.outstandingLimit = 200_000 })
        let server = await bench.open()
        try await bench.join(server, "a")
        let total = 100_000
        for start in stride(from: 0, to: total, by: 1_000) {
            try bench.client.send { socket in
                for number in start..<start + 1_000 {
                    _ = try? socket.push("a", "n", .value(.signed(Int64(number))))
                }
                return .ok
            }
        }
        for number in 0..<total {
            let push = try await bench.message(server)
            guard push.payload.integer == Int64(number), push.reference == Reference(UInt64(number) + 2) else {
                Issue.record(
                    "expected number \(number), got \(push.payload.bytes.text) with ref \(push.reference as Any)"
                )
                return
            }
        }
    }

    @Test("B28: misuse of every kind throws or does nothing; it never traps")
    func misuse() async throws {
        let bench = Bench()
        try bench.client.send { socket in
            socket.disconnect()
            socket.disconnect(code: 0, reason: String(repeating: "x", count: 1_000))
            _ = try? socket.push("", "", .binary(Bytes()))
            _ = socket.isJoined("")
            return .connect
        }
        bench.client.start()
        #expect(await bench.next() == .disconnected("abandoned"))
        #expect(await bench.next() == .connected(2))
        try await bench.act { socket in
            _ = try? socket.join("")
            _ = try? socket.join("a", .value(.double(.infinity)))
            _ = try? socket.join("b", timeout: .seconds(-1))
            _ = try? socket.join("c", timeout: .seconds(Int64.max))
            _ = try? socket.send({ _ in .ok }, after: .seconds(-5))
            _ = try? socket.send({ _ in .ok }, after: .seconds(Int64.max))
            return true
        }
        bench.client.stop()
        bench.client.stop()
        bench.client.start()
    }

    @Test("B31: what waits to be written is bounded, and says so")
    func boundedOutbox() async throws {
        let bench = Bench(configure: { $0.outboundBuffer = 10_000 })
        let server = await bench.open()
        try await bench.join(server, "a")
        let error = await #expect(throws: PhoenixError.self) {
            try await bench.act { socket in
                while true { try socket.push("a", "e", .value(.string(String(repeating: "x", count: 1_000)))) }
            }
        }
        #expect(error?.code == .bufferFull)
        for _ in 0..<9 { #expect(try await bench.message(server).event == "e") }
        try await bench.act { try $0.push("a", "again").number ?? 0 > 0 }
        #expect(try await bench.message(server).event == "again", "there is room again once it is written")
    }

    @Test("B36: .connect is legal in every state: idle, connecting, connected, after a failure")
    func connectInEveryState() async throws {
        let bench = Bench()
        bench.transport.refuseNext(PhoenixError(.unreachable, "down"))
        bench.client.start()
        #expect(await bench.next() == .disconnected("failedToConnect: unreachable: down"))
        try bench.client.send { _ in .connect }
        try bench.client.send { _ in .connect }
        let server = await bench.transport.accept()
        #expect(await bench.next() == .connected(2))
        try bench.client.send { _ in .connect }
        #expect(try await bench.act { $0.generation == 2 && $0.isConnected }, "while connected it changes nothing")
        server.vanish()
        #expect(await bench.next() == .disconnected("transportDown"))
        try bench.client.send { _ in .connect }
        _ = await bench.transport.accept()
        #expect(await bench.next() == .connected(3))
    }

    @Test("disconnect gives up an attempt that hangs; .connect starts another")
    func disconnectWhileConnecting() async throws {
        let bench = Bench()
        bench.transport.hang { $0.generation == 1 }
        bench.client.start()
        try await bench.act { socket in
            socket.disconnect()
            return true
        }
        #expect(await bench.next() == .disconnected("abandoned"))
        try bench.client.send { _ in .connect }
        _ = await bench.transport.accept()
        #expect(await bench.next() == .connected(2))
    }

    @Test("B27: dropping the last reference to a client closes the connection and frees the handler")
    func dropped() async throws {
        weak var ballast: Ballast?
        weak var client: Bench.Client?
        let transport = LoopbackTransport()
        let told = FrameQueue<Told>()
        do {
            let object = Ballast()
            ballast = object
            let probe = Probe(told: told, ballast: object)
            let owner = SocketClient(probe, transport: transport, serializer: JSONSerializer.v2)
            client = owner
            owner.start()
            #expect(await told.next() == .connected(1))
        }
        let server = await transport.accept()
        #expect(await told.next() == .terminated("released"))
        #expect(await server.clientClose()?.code == 1000)
        await server.waitForEnd()
        #expect(client == nil)
        // The driver's last frames unwind beside us.
        var patience = 1_000_000
        while patience > 0, ballast != nil {
            patience -= 1
            await Task.yield()
        }
        #expect(ballast == nil)
    }
}

private final class Ballast: Sendable {}
