import PhoenixKit
import Testing

@testable import PhoenixTestServer

/// A socket's connection: idling, closing, slow readers, and the bounds.
@Suite struct SocketTests {
    @Test func `An idle socket is closed with 1002 after its timeout and not before`() throws {
        let world = TestWorld()
        _ = try world.connect()
        world.advance(by: .seconds(30))
        world.send(Wire.heartbeat("1"))
        #expect(world.sent() == [Wire.heartbeatReply("1")])
        world.advance(by: .milliseconds(59_999))
        #expect(world.sent().isEmpty)
        world.advance(by: .milliseconds(1))
        #expect(world.sent() == ["close 1002"])
    }

    @Test func `Data without a message keeps a socket alive, and what the server sends does not`() throws {
        let world = TestWorld()
        _ = try world.connect()
        world.send(Wire.join("room:1"))
        world.advance(by: .seconds(40))
        world.send([])
        world.advance(by: .seconds(40))
        try world.tell { try $0.broadcast(Bytes("room:1"), "hello", [:]) }
        #expect(world.sent().count == 2)
        world.advance(by: .seconds(20))
        #expect(world.sent() == ["close 1002"])
    }

    @Test func `A socket does not idle while a join blocks it`() throws {
        let world = TestWorld()
        _ = try world.connect("/short/websocket?vsn=2.0.0")
        world.send(Wire.join("room:1", "1", #"{"slow_ms":5000}"#))
        world.advance(by: .seconds(4))
        #expect(world.sent() == ["pause"])
        world.advance(by: .seconds(1))
        #expect(world.sent().last == "resume")
        world.advance(by: .milliseconds(1_999))
        #expect(world.sent().isEmpty)
        world.advance(by: .seconds(2))
        #expect(world.sent() == ["close 1002"])
    }

    @Test(
        arguments: [
            (nil, 1000), (1000, 1000), (1001, 1000), (3000, 1000), (4999, 1000), (1003, 1000), (999, 1002), (0, 1002),
            (1004, 1002), (1005, 1002), (1006, 1002), (1012, 1002), (2999, 1002),
        ] as [(UInt16?, UInt16)]
    )
    func `A close of the client is answered`(_ code: UInt16?, _ answer: UInt16) throws {
        let world = TestWorld()
        _ = try world.connect()
        world.send([.close(code: code), .message(.text(Wire.heartbeat("1")))])
        #expect(world.sent() == ["close \(answer)"])
        #expect(world.journal.entries.last?.code == code)
        #expect(world.journal.entries.last?.isLocal == false)
    }

    @Test(
        arguments: [
            (nil, nil), (1000, 1000), (1001, 1001), (1003, 1003), (1011, 1011), (3000, 3000), (4999, 4999),
            (999, 1002), (1004, 1002), (1005, 1002), (1006, 1002), (1012, 1002), (2999, 1002), (5000, 1002),
        ] as [(UInt16?, UInt16?)]
    )
    func `As Cowboy a close of the client is answered with its own code`(_ code: UInt16?, _ answer: UInt16?) throws {
        let world = TestWorld(adapter: .cowboy)
        _ = try world.connect()
        world.send([.close(code: code)])
        #expect(world.sent() == [answer.map { "close \($0)" } ?? "close without a code"])
        #expect(world.journal.entries.last?.code == code)
    }

    @Test func `As Cowboy a close without a code is answered by one without`() async throws {
        var configuration = PhoenixTestServer.Configuration()
        configuration.adapter = .cowboy
        try await PhoenixTestServer.withServer(configuration, site: .recorded) { server in
            let client = try await RawClient.connect(to: server.port)
            try await client.upgrade("/socket/websocket?vsn=2.0.0")
            try await client.send(.close(nil))
            #expect(try await client.frame() == .close(nil))
            #expect(try await client.frame() == nil)
        }
    }

    @Test func `A connection that does not go after its close frame is cut`() throws {
        let world = TestWorld()
        _ = try world.connect()
        let other = try world.connect()
        world.send([.close(code: 1000)])
        world.send([.close(code: 1000)], on: other)
        world.tell { $0.disconnected(other) }
        world.advance(by: .milliseconds(4_999))
        #expect(world.sent() == ["close 1000"])
        world.advance(by: .milliseconds(1))
        #expect(world.sent() == ["cut"])
        #expect(world.sent(to: other) == ["close 1000"])
    }

    @Test func `Mail waits for a client that reads too slowly`() throws {
        let world = TestWorld()
        _ = try world.connect()
        world.send(Wire.join("room:1"))
        _ = world.sent()
        world.tell { $0.congestionChanged(true, on: 1) }
        world.send(Wire.push("room:1", "2", "echo"))
        #expect(world.sent() == ["pause"])
        world.tell { $0.congestionChanged(false, on: 1) }
        #expect(world.sent() == ["resume", Wire.reply("room:1", "2")])
    }

    @Test func `A client with too much mail waiting is cut`() throws {
        var limits = ServerLimits()
        limits.mailbox = 3
        let world = TestWorld(limits: limits)
        _ = try world.connect()
        world.send(Wire.join("room:1"))
        world.tell { $0.congestionChanged(true, on: 1) }
        _ = world.sent()
        for _ in 0..<3 { try world.tell { try $0.broadcast(Bytes("room:1"), "x", [:]) } }
        #expect(world.sent().isEmpty)
        try world.tell { try $0.broadcast(Bytes("room:1"), "x", [:]) }
        #expect(world.sent() == ["cut"])
        #expect(world.journal.entries.last?.kind == .cut)
    }

    @Test func `A burst is sent in several turns, in order and complete`() throws {
        var limits = ServerLimits()
        limits.writeBuffer = 500
        let world = TestWorld(limits: limits)
        _ = try world.connect()
        world.send(Wire.join("room:1"), Wire.push("room:1", "2", "burst", #"{"n":100,"size":10}"#))
        let first = world.sent()
        #expect(first.count > 1 && first.count < 30)
        world.runTurns()
        let all = first.dropFirst() + world.sent()
        let ticks = (1...100).map { #"["1",null,"room:1","tick",{"i":\#($0),"pad":"xxxxxxxxxx"}]"# }
        #expect(Array(all) == ticks + [Wire.reply("room:1", "2", #"{"n":100}"#)])
    }

    @Test func `What comes after an undecodable message is not looked at`() throws {
        let world = TestWorld()
        _ = try world.connect()
        world.send("nonsense", Wire.heartbeat("1"))
        #expect(world.sent() == ["close 1011"])
        #expect(world.journal.entries.map(\.kind) == [.connected, .undecodable, .closed])
    }

    @Test func `The world lets go of a connection that is gone`() throws {
        let world = TestWorld()
        let number = try world.connect()
        world.send(Wire.join("room:1"), Wire.join("presence:1", "2", #"{"name":"a"}"#))
        weak let socket = world.world.sockets[number]
        #expect(socket != nil)
        world.tell { $0.disconnected(number) }
        #expect(socket == nil)
        #expect(world.world.topics[Bytes("room:1")].isEmpty)
        #expect(world.world.presences.list(Bytes("presence:1")) == [:])
        world.advance(by: .seconds(61))
        #expect(world.world.nextDeadline == nil)
    }

    @Test func `A connection that sends no request is dropped, one that does is not`() {
        let world = TestWorld()
        let late = world.tell { $0.awaitRequest() }
        let early = world.tell { $0.awaitRequest() }
        world.advance(by: .seconds(59))
        world.tell { $0.requestSettled(early) }
        #expect(world.sent(to: 0).isEmpty)
        world.advance(by: .seconds(10))
        #expect(world.sent(to: 0) == ["drop \(late)"])
    }

    @Test func `A slow reader that catches up while a join blocks it is not read from yet`() throws {
        let world = TestWorld()
        _ = try world.connect()
        world.send(Wire.join("room:1", "1", #"{"slow_ms":500}"#))
        world.tell { $0.congestionChanged(true, on: 1) }
        world.tell { $0.congestionChanged(false, on: 1) }
        #expect(world.sent() == ["pause"])
        world.advance(by: .milliseconds(500))
        #expect(world.sent().last == "resume")
    }

    @Test func `Timers of channels beyond the limit do not run, and idle sockets are closed all the same`() throws {
        var limits = ServerLimits()
        limits.timers = 2
        let world = TestWorld(limits: limits)
        _ = try world.connect()
        world.send(Wire.join("room:1"))
        for number in 1...3 { world.send(Wire.push("room:1", "2", "push_later", #"{"ms":\#(number)}"#)) }
        _ = world.sent()
        world.advance(by: .seconds(1))
        #expect(world.sent() == [1, 2].map { #"["1",null,"room:1","later",{"ms":\#($0)}]"# })
        world.send(Wire.push("room:1", "2", "push_later", #"{"ms":9}"#))
        world.advance(by: .seconds(1))
        #expect(world.sent() == [#"["1",null,"room:1","later",{"ms":9}]"#])
        world.advance(by: .seconds(60))
        #expect(world.sent() == ["close 1002"])
    }
}
