import PhoenixJSON
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

@Suite("The callback client", .timeLimit(.minutes(1)))
struct SocketClientTests {
    // MARK: Beginning

    @Test("connects where start says, with parameters and vsn in the query")
    func connects() async throws {
        let bench = Bench()
        let server = await bench.open()
        #expect(server.request.url.scheme == "ws")
        #expect(server.request.url.requestTarget == "/socket/websocket?token=s3cret&vsn=2.0.0")
        #expect(server.request.generation == 1)
    }

    @Test("noConnect waits for .connect, which uses the target that start gave")
    func noConnect() async throws {
        let bench = Bench(begin: { try .noConnect("ws://server.test/socket/websocket", ["a": "b"]) })
        bench.client.start()
        #expect(try await bench.act { $0.isConnected } == false)
        try bench.client.send { _ in .connect }
        let server = await bench.transport.accept()
        #expect(server.request.url.query == "a=b&vsn=2.0.0")
    }

    @Test("ignore ends the run at once, without terminate; an error of start is thrown by run")
    func ignoreAndThrow() async throws {
        try await Bench(begin: { .ignore }).client.run()
        let bench = Bench(begin: { throw PhoenixError(.invalidOption, "no") })
        let error = await #expect(throws: PhoenixError.self) { try await bench.client.run() }
        #expect(error?.code == .invalidOption)
    }

    @Test("runs once")
    func runsOnce() async throws {
        let bench = Bench(begin: { .ignore })
        try await bench.client.run()
        let error = await #expect(throws: PhoenixError.self) { try await bench.client.run() }
        #expect(error?.code == .alreadyRunning)
    }

    @Test("a connection that cannot be opened is reported by disconnected, and the handler decides")
    func connectFails() async throws {
        let bench = Bench(reconnects: true)
        bench.transport.refuseNext(PhoenixError(.unreachable, "nobody there"))
        bench.client.start()
        #expect(await bench.next() == .disconnected("failedToConnect: unreachable: nobody there"))
        let server = await bench.transport.accept()
        #expect(server.request.generation == 2)
        #expect(await bench.next() == .connected(2))
    }

    @Test("a concrete client sent to an endpoint of another transport answers endpointMismatch")
    func endpointMismatch() async throws {
        let bench = Bench(begin: { try .connect("ws://server.test/socket/longpoll") })
        bench.client.start()
        guard case .disconnected(let reason)? = await bench.next() else {
            Issue.record("not told")
            return
        }
        #expect(reason.hasPrefix("failedToConnect: endpointMismatch: Expected an endpoint that ends in /websocket"))
    }

    // MARK: Channels

    @Test("joins, pushes, replies, messages and broadcasts reach their callbacks", arguments: ["1.0.0", "2.0.0"])
    func conversation(version: String) async throws {
        let bench = Bench(serializer: version == "1.0.0" ? .v1 : .v2)
        let server = await bench.open()
        let join = try await bench.join(server, "room:1")
        #expect(join == 1)
        #expect(try await bench.act { $0.isJoined("room:1") })
        try await bench.act {
            try $0.push("room:1", "echo", ["n": 1]) == 2
        }
        let push = try await bench.message(server)
        #expect(push.event == "echo" && push.joinReference == 1 && push.reference == 2)
        #expect(push.payload["n"]?.integer == 1)
        try bench.reply(server, to: push)
        #expect(await bench.next() == .replied(2, Bench.ok))
        try bench.send(server, "tick", on: "room:1", joinReference: 1, ["i": 1])
        #expect(await bench.next() == .received("room:1", "tick", #"{"i":1}"#))
        try bench.send(server, "shout", on: "room:1")
        #expect(await bench.next() == .received("room:1", "shout", "{}"))
        try bench.send(server, "phx_error", on: "room:1", joinReference: 1, reference: 1)
        #expect(await bench.next() == .closed("room:1", .crashed))
        #expect(try await bench.act { $0.isJoined("room:1") } == false)
    }

    @Test("B33: a reply's status is an open string, for pushes and joins")
    func openStatus() async throws {
        let bench = Bench()
        let server = await bench.open()
        try await bench.act { try $0.join("a") == 1 }
        try bench.reply(server, to: try await bench.message(server), status: "maybe")
        #expect(
            await bench.next()
                == .joinFailed("a", .reply(status: "maybe", response: Payload("{}", format: JSONFormat())))
        )
    }

    @Test(
        "errors come in the seed's order: disconnected, notJoined or alreadyJoined, encoding; a reference is spent by encoding"
    )
    func errorOrder() async throws {
        func code(_ bench: Bench, _ action: @escaping Probe.Request) async throws -> PhoenixError.Code? {
            do {
                try await bench.act(action)
                return nil
            } catch {
                return (error as? PhoenixError)?.code
            }
        }
        let bench = Bench()
        bench.transport.hang()
        bench.client.start()
        let unencodable = PayloadContent.encoding(Double.nan)
        #expect(try await code(bench) { try $0.push("a", "e", unencodable) == 0 } == .disconnected)
        #expect(try await code(bench) { try $0.join("a", unencodable) == 0 } == .disconnected)

        let connected = Bench()
        let server = await connected.open()
        #expect(try await code(connected) { try $0.push("a", "e", unencodable) == 0 } == .notJoined)
        #expect(try await code(connected) { try $0.leave("a") == 0 } == .notJoined)
        try await connected.join(server, "a")
        #expect(try await code(connected) { try $0.join("a", unencodable) == 0 } == .alreadyJoined)
        #expect(try await code(connected) { try $0.push("a", "e", unencodable) == 0 } == .encoding)
        #expect(
            try await code(connected) { try $0.push("a", String(repeating: "x", count: 256), .binary("1")) == 0 }
                == .encoding
        )
        try await connected.act { try $0.push("a", "e") == 4 }
        #expect(try await connected.message(server).reference == 4)
    }

    @Test("a binary push goes out as a binary frame and comes back with its bytes")
    func binary() async throws {
        let bench = Bench()
        let server = await bench.open()
        try await bench.join(server, "a")
        try await bench.act { try $0.push("a", "blob", .binary([0, 255, 10])) == 2 }
        let frame = try #require(await server.receive())
        #expect(frame.kind == .binary)
        server.send(frame)
        let reply = Message(
            joinReference: 1,
            reference: 2,
            topic: "a",
            event: "phx_reply",
            status: "ok",
            payload: Payload(binary: [1, 0])
        )
        server.send(try JSONSerializer.v2.encode(reply, as: .server))
        _ = await bench.next()
        #expect(await bench.next() == .replied(2, .reply(status: "ok", response: Payload(binary: [1, 0]))))
    }

    @Test("a frame that cannot be decoded is reported, and what follows is still delivered")
    func undecodable() async throws {
        let bench = Bench()
        let server = await bench.open()
        let join = try await bench.join(server, "a")
        server.send(.text("{"), .binary([9]))
        try bench.send(server, "tick", on: "a", joinReference: join)
        #expect(await bench.next() == .undecodable(.decoding))
        #expect(await bench.next() == .undecodable(.decoding))
        #expect(await bench.next() == .received("a", "tick", "{}"))
    }

    // MARK: Deadlines

    @Test("joins and pushes time out on the clock; the join that timed out is left on the server")
    func timeouts() async throws {
        let bench = Bench()
        let server = await bench.open()
        try await bench.act { try $0.join("slow", timeout: .seconds(4)) == 1 }
        #expect(try await bench.message(server).event == "phx_join")
        await bench.clock.waitForSleeper(until: .seconds(4))
        bench.clock.advance(by: .seconds(4))
        #expect(await bench.next() == .joinFailed("slow", .timeout))
        let leave = try await bench.message(server)
        #expect(leave.event == "phx_leave" && leave.joinReference == 1 && leave.topic == "slow")

        try await bench.join(server, "a")
        try await bench.act { try $0.push("a", "e", timeout: .seconds(2)) == 4 }
        await bench.clock.waitForSleeper(until: .seconds(6))
        bench.clock.advance(by: .seconds(2))
        #expect(await bench.next() == .replied(4, .timeout))
    }

    @Test("delayed messages to the handler come in their time")
    func delayedInfo() async throws {
        let bench = Bench()
        _ = await bench.open()
        let told = bench.told
        try await bench.act { socket in
            try socket.send(
                { _ in
                    told.add(.terminated("second")); return .ok
                },
                after: .seconds(8)
            )
            try socket.send(
                { _ in
                    told.add(.terminated("first")); return .ok
                },
                after: .seconds(3)
            )
            return true
        }
        try bench.client.send(
            { _ in
                told.add(.terminated("third")); return .ok
            },
            after: .seconds(9)
        )
        await bench.clock.waitForSleeper(until: .seconds(3))
        bench.clock.advance(by: .seconds(3))
        #expect(await bench.next() == .terminated("first"))
        bench.clock.advance(by: .seconds(6))
        #expect(await bench.next() == .terminated("second"))
        #expect(await bench.next() == .terminated("third"))
    }

    @Test("work beside the handler comes back as a message, and there is a bound to it")
    func perform() async throws {
        let bench = Bench(configure: { $0.mailboxLimit = 3 })
        _ = await bench.open()
        let told = bench.told
        let releases = (1...4).map { _ in FrameQueue<Void>() }
        let error = await #expect(throws: PhoenixError.self) {
            try await bench.act { socket in
                for (number, release) in releases.enumerated() {
                    try socket.perform {
                        await release.next()
                        return { _ in
                            told.add(.terminated("done \(number)"))
                            return .ok
                        }
                    }
                }
                return true
            }
        }
        #expect(error?.code == .bufferFull)
        for release in releases { release.finish() }
        var done: Set<String> = []
        for _ in 1...3 {
            if case .terminated(let text)? = await bench.next() { done.insert(text) }
        }
        #expect(done == ["done 0", "done 1", "done 2"])
        try await bench.act { socket in
            try socket.perform { { _ in .ok } }
            return true
        }
    }

    // MARK: Ending

    @Test("stop ends all references, calls terminate, closes in good order, and run returns")
    func stops() async throws {
        let bench = Bench()
        let run = Task { try await bench.client.run() }
        let server = await bench.transport.accept()
        #expect(await bench.next() == .connected(1))
        try await bench.join(server, "a")
        try bench.client.send { socket in
            _ = try? socket.push("a", "last")
            return .stop(.normal)
        }
        #expect(await bench.next() == .replied(2, .disconnected))
        #expect(await bench.next() == .terminated("normal"))
        #expect(try await bench.message(server).event == "last", "what was pushed before is still sent")
        #expect(await server.clientClose()?.code == 1000)
        try await run.value
        #expect(throws: PhoenixError.self) { try bench.client.send { _ in .ok } }
        #expect(bench.clock.sleeperCount == 0, "B17: no timer lives after a stop")
    }

    @Test("stop with a failure makes run throw it; cancelling run calls terminate and throws CancellationError")
    func stopsWithFailure() async throws {
        let bench = Bench()
        let run = Task { try await bench.client.run() }
        _ = await bench.transport.accept()
        try bench.client.send { _ in .stop(.failure(PhoenixError(.invalidOption, "enough"))) }
        let error = await #expect(throws: PhoenixError.self) { try await run.value }
        #expect(error?.code == .invalidOption)

        let other = Bench()
        let cancelled = Task { try await other.client.run() }
        let server = await other.transport.accept()
        #expect(await other.next() == .connected(1))
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(await other.next() == .terminated("cancelled"))
        await server.waitForEnd()
        #expect(other.clock.sleeperCount == 0)
    }

    @Test("the transport's end without a close is transportDown; the handler may connect again")
    func transportDown() async throws {
        let bench = Bench(reconnects: true)
        let server = await bench.open()
        try await bench.join(server, "a")
        server.vanish()
        #expect(await bench.next() == .disconnected("transportDown"))
        let again = await bench.transport.accept()
        #expect(await bench.next() == .connected(2))
        let join = try await bench.join(again, "a")
        #expect(join == 2, "B5: references go on")
    }

    @Test("a close is reported with code and reason, an error with its text")
    func closeReasons() async throws {
        let bench = Bench(reconnects: true)
        let server = await bench.open()
        server.close(code: 1012, reason: "drain")
        #expect(await bench.next() == .disconnected("closed by the server (1012, drain)"))
        let again = await bench.transport.accept()
        #expect(await bench.next() == .connected(2))
        again.fail(PhoenixError(.transportProtocol, "broken"))
        #expect(await bench.next() == .disconnected("failed: transportProtocol: broken"))
        let third = await bench.transport.accept()
        #expect(await bench.next() == .connected(3))
        try await bench.act { socket in
            socket.disconnect(code: 4001, reason: "enough")
            return true
        }
        #expect(await third.clientClose()?.code == 4001)
        #expect(await bench.next() == .disconnected("closed by us (4001, enough)"))
    }
}
