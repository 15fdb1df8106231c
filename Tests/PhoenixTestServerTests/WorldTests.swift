import PhoenixKit
import Testing

@testable import PhoenixTestServer

/// The protocol without a network: transcripts of what the recordings do not show.
@Suite struct WorldTests {
    /// A site whose channel `t:*` accepts every join without a word and echoes.
    private static func site(_ build: (inout ChannelRoute) -> Void = { _ in }) -> Site {
        Site { site in
            site.socket("/socket") { socket in
                socket.channel("t:*") { channel in
                    channel.on("echo") { _, message in .reply("ok", message.payload) }
                    build(&channel)
                }
            }
        }
    }

    private static func joined(_ world: TestWorld, _ topic: String = "t:1") throws {
        _ = try world.connect()
        world.send(Wire.join(topic))
        try #require(world.sent() == [Wire.reply(topic, "1")])
    }

    // MARK: Order

    @Test func `What the socket itself answers goes out before what channels answer to the same read`() throws {
        let world = TestWorld(Self.site())
        try Self.joined(world)
        world.send(Wire.push("t:1", "2", "echo"), Wire.heartbeat("3"))
        #expect(world.sent() == [Wire.heartbeatReply("3"), Wire.reply("t:1", "2")])
    }

    @Test func `A join behind a leave in one read is answered before the leave`() throws {
        let world = TestWorld(Self.site())
        try Self.joined(world)
        world.send(Wire.push("t:1", "2", "phx_leave"), Wire.join("t:1", "3"))
        #expect(
            world.sent() == [
                Wire.reply("t:1", "3", joinReference: "3"), Wire.reply("t:1", "2"), Wire.close("t:1"),
            ]
        )
    }

    @Test func `With deferred channels a leave that a join overtakes is never answered`() throws {
        let world = TestWorld(Self.site(), scheduling: .deferred)
        try Self.joined(world)
        world.send(Wire.push("t:1", "2", "phx_leave"), Wire.join("t:1", "3"))
        #expect(world.sent() == [Wire.reply("t:1", "3", joinReference: "3"), Wire.close("t:1")])
    }

    @Test func `As Cowboy no leave loses its reply, nor what came before it`() throws {
        let world = TestWorld(Self.site(), adapter: .cowboy, scheduling: .deferred)
        try Self.joined(world)
        world.send(Wire.push("t:1", "2", "echo"), Wire.push("t:1", "3", "phx_leave"), Wire.join("t:1", "4"))
        #expect(
            world.sent() == [
                Wire.reply("t:1", "4", joinReference: "4"), Wire.reply("t:1", "2"), Wire.reply("t:1", "3"),
                Wire.close("t:1"),
            ]
        )
    }

    @Test func `A leave and a join in two reads are answered in order`() throws {
        let world = TestWorld(Self.site())
        try Self.joined(world)
        world.send(Wire.push("t:1", "2", "phx_leave"))
        world.send(Wire.join("t:1", "3"))
        #expect(
            world.sent() == [
                Wire.reply("t:1", "2"), Wire.close("t:1"), Wire.reply("t:1", "3", joinReference: "3"),
            ]
        )
    }

    @Test func `A push behind a stop in one read is never answered`() throws {
        let world = TestWorld(Self.site { $0.on("stop") { _, _ in .stop } })
        try Self.joined(world)
        world.send(Wire.push("t:1", "2", "stop"), Wire.push("t:1", "3", "echo"))
        #expect(world.sent() == [Wire.close("t:1")])
        world.send(Wire.push("t:1", "4", "echo"))
        #expect(world.sent() == [Wire.unmatched("t:1", "4")])
    }

    @Test func `A duplicate join that is refused closes the old channel all the same`() throws {
        let world = TestWorld()
        _ = try world.connect()
        world.send(Wire.join("room:1"), Wire.join("room:1", "2", #"{"deny":true}"#))
        let refusal = Wire.reply("room:1", "2", #"{"reason":"denied"}"#, status: "error", joinReference: "2")
        #expect(world.sent().suffix(2) == [refusal, Wire.close("room:1")])
        #expect(world.world.topics[Bytes("room:1")].isEmpty)
    }

    // MARK: Joins

    @Test func `A socket may join a hundred channels and no more`() throws {
        let world = TestWorld(Self.site())
        _ = try world.connect()
        for number in 1...100 { world.send(Wire.join("t:\(number)")) }
        #expect(world.sent() == (1...100).map { Wire.reply("t:\($0)", "1") })
        world.send(Wire.join("t:101", "7"))
        let refusal = #"{"reason":"too many channels joined"}"#
        #expect(world.sent() == [Wire.reply("t:101", "7", refusal, status: "error", joinReference: "7")])
        // A duplicate makes room for itself, and a leave for another.
        world.send(Wire.join("t:5", "8"))
        #expect(world.sent().first == Wire.reply("t:5", "8", joinReference: "8"))
        world.send(Wire.push("t:1", "9", "phx_leave"))
        world.send(Wire.join("t:101", "10"))
        #expect(world.sent().last == Wire.reply("t:101", "10", joinReference: "10"))
    }

    @Test func `A push within a join crashes the join`() throws {
        let world = TestWorld(
            Self.site { channel in
                channel.onJoin { context, _ in
                    try context.push("early", [:])
                    return .ok()
                }
            }
        )
        _ = try world.connect()
        world.send(Wire.join("t:1"))
        #expect(world.sent() == [Wire.reply("t:1", "1", #"{"reason":"join crashed"}"#, status: "error")])
    }

    @Test func `What a refused join wanted done afterwards is not done`() throws {
        let world = TestWorld(
            Self.site { channel in
                channel.onJoin { context, _ in
                    context.after(.zero) { try $0.push("now", [:]) }
                    context.after(.seconds(1)) { try $0.push("later", [:]) }
                    return .error(["reason": "no"])
                }
            }
        )
        _ = try world.connect()
        world.send(Wire.join("t:1"))
        world.advance(by: .seconds(2))
        #expect(world.sent() == [Wire.reply("t:1", "1", #"{"reason":"no"}"#, status: "error")])
    }

    @Test func `A slow join stops the whole socket, and broadcasts to it wait`() throws {
        let world = TestWorld()
        _ = try world.connect()
        world.send(Wire.join("room:1"))
        _ = world.sent()
        world.send(Wire.join("room:2", "2", #"{"slow_ms":500}"#), Wire.heartbeat("3"))
        try world.tell { try $0.broadcast(Bytes("room:1"), "hello", [:]) }
        world.advance(by: .milliseconds(499))
        #expect(world.sent() == ["pause"])
        world.advance(by: .milliseconds(1))
        let joined = #"{"joined":"room:2","params":{"slow_ms":500}}"#
        #expect(
            world.sent() == [
                Wire.reply("room:2", "2", joined, joinReference: "2"), Wire.heartbeatReply("3"), "resume",
                #"[null,null,"room:1","hello",{}]"#,
            ]
        )
    }

    @Test func `A V1 client whose join is answered in binary is closed with 1011`() throws {
        let world = TestWorld()
        _ = try world.connect("/socket/websocket?vsn=1.0.0")
        world.send(#"{"topic":"room:1","event":"phx_join","payload":{"binary_reply":true},"ref":"1"}"#)
        #expect(world.sent() == ["close 1011"])
    }

    @Test func `Joining without a join reference works, and the close then has none`() throws {
        let world = TestWorld(Self.site())
        _ = try world.connect()
        world.send(#"[null,"1","t:1","phx_join",{}]"#)
        #expect(world.sent() == [Wire.reply("t:1", "1", joinReference: nil)])
        world.send(#"["9","2","t:1","phx_leave",{}]"#)
        #expect(world.sent() == [Wire.reply("t:1", "2", joinReference: nil), #"[null,null,"t:1","phx_close",{}]"#])
    }

    @Test func `References come back with the type they had`() throws {
        let world = TestWorld(Self.site())
        _ = try world.connect()
        world.send(#"[4,5,"t:1","phx_join",{}]"#)
        #expect(world.sent() == [#"[4,5,"t:1","phx_reply",{"response":{},"status":"ok"}]"#])
        world.send(#"["4",6,"t:1","echo",{}]"#)
        #expect(world.sent() == [#"[4,6,"t:1","phx_reply",{"response":{},"status":"ok"}]"#])
    }

    // MARK: Channels

    private struct Failure: Error {}

    @Test func `A handler that throws crashes its channel, after what it has pushed`() throws {
        let world = TestWorld(
            Self.site { channel in
                channel.on("fail") { context, _ in
                    try context.push("before", [:])
                    throw Failure()
                }
            }
        )
        try Self.joined(world)
        world.send(Wire.push("t:1", "2", "fail"))
        #expect(world.sent() == [#"["1",null,"t:1","before",{}]"#, Wire.error("t:1")])
    }

    @Test func `A busy channel keeps its own messages waiting and nobody else's`() throws {
        let world = TestWorld()
        _ = try world.connect()
        world.send(Wire.join("room:1"), Wire.join("room:2"))
        _ = world.sent()
        world.send(
            Wire.push("room:1", "2", "echo_slowly", #"{"ms":100}"#),
            Wire.push("room:1", "3", "echo"),
            Wire.push("room:2", "4", "echo"),
            Wire.heartbeat("5")
        )
        #expect(world.sent() == [Wire.heartbeatReply("5"), Wire.reply("room:2", "4")])
        world.advance(by: .milliseconds(100))
        #expect(world.sent() == [Wire.reply("room:1", "2", #"{"ms":100}"#), Wire.reply("room:1", "3")])
    }

    @Test func `A busy channel with too much waiting crashes`() throws {
        var limits = ServerLimits()
        limits.channelQueue = 2
        let world = TestWorld(limits: limits)
        _ = try world.connect()
        world.send(Wire.join("room:1"), Wire.push("room:1", "2", "echo_slowly", #"{"ms":100}"#))
        _ = world.sent()
        world.send(Wire.push("room:1", "3", "echo"), Wire.push("room:1", "4", "echo"))
        #expect(world.sent().isEmpty)
        world.send(Wire.push("room:1", "5", "echo"))
        #expect(world.sent() == [Wire.error("room:1")])
        world.advance(by: .seconds(1))
        #expect(world.sent().isEmpty)
    }

    @Test func `Assigns start as the socket's and are each channel's own`() throws {
        let site = Site { site in
            site.socket("/socket") { socket in
                socket.onConnect { _ in .accept(assigns: ["count": 10]) }
                socket.channel("t:*") { channel in
                    channel.on("count") { context, _ in
                        let count = (context.assigns["count"] as? Int ?? 0) + 1
                        context.assigns["count"] = count
                        return .reply("ok", .value(Value(count)))
                    }
                }
            }
        }
        let world = TestWorld(site)
        _ = try world.connect()
        world.send(Wire.join("t:1"), Wire.join("t:2"), Wire.push("t:1", "2", "count"), Wire.push("t:1", "3", "count"))
        world.send(Wire.push("t:2", "4", "count"))
        #expect(
            world.sent().suffix(3) == [
                Wire.reply("t:1", "2", "11"), Wire.reply("t:1", "3", "12"), Wire.reply("t:2", "4", "11"),
            ]
        )
    }

    @Test func `Closing the connection runs what channels do at their end`() throws {
        let world = TestWorld(
            Self.site { channel in
                channel.onTerminate { try $0.server.broadcast("t:end", "ended", ["topic": .string($0.topic)]) }
            }
        )
        let first = try world.connect()
        let second = try world.connect()
        world.send(Wire.join("t:a"), Wire.join("t:b"), on: first)
        world.send(Wire.join("t:end"), on: second)
        _ = world.sent(to: second)
        world.tell { $0.disconnected(first) }
        #expect(
            world.sent(to: second) == [
                #"[null,null,"t:end","ended",{"topic":"t:a"}]"#, #"[null,null,"t:end","ended",{"topic":"t:b"}]"#,
            ]
        )
    }

    @Test func `An event without a handler goes to the one for all events`() throws {
        let world = TestWorld(Self.site { $0.onAny { _, message in .reply("any", ["event": .string(message.event)]) } })
        try Self.joined(world)
        world.send(Wire.push("t:1", "2", "whatever"), Wire.push("t:1", "3", "echo"))
        #expect(
            world.sent() == [Wire.reply("t:1", "2", #"{"event":"whatever"}"#, status: "any"), Wire.reply("t:1", "3")]
        )
    }

    @Test func `A null event for a joined channel crashes it`() throws {
        let world = TestWorld(Self.site())
        try Self.joined(world)
        world.send(#"["1","2","t:1",null,{}]"#)
        #expect(world.sent() == [Wire.error("t:1")])
    }

    // MARK: Broadcasts

    @Test func `A broadcast stops at the first client that cannot be told`() throws {
        let world = TestWorld()
        let first = try world.connect()
        let old = try world.connect("/socket/websocket?vsn=1.0.0")
        let last = try world.connect()
        world.send(Wire.join("room:1"), on: first)
        world.send(#"{"topic":"room:1","event":"phx_join","payload":{},"ref":"1"}"#, on: old)
        world.send(Wire.join("room:1"), on: last)
        for number in [first, old, last] { _ = world.sent(to: number) }
        #expect(throws: PhoenixError.self) {
            try world.tell { try $0.broadcast(Bytes("room:1"), "bin", .binary([7])) }
        }
        #expect(world.sent(to: first) == ["binary [2, 6, 3, 114, 111, 111, 109, 58, 49, 98, 105, 110, 7]"])
        #expect(world.sent(to: old).isEmpty)
        #expect(world.sent(to: last).isEmpty)
    }

    @Test func `A disconnect closes the sockets of that name and no others`() throws {
        let world = TestWorld()
        let one = try world.connect("/socket/websocket?vsn=2.0.0&id=a")
        let two = try world.connect("/socket/websocket?vsn=2.0.0&id=b")
        let three = try world.connect("/socket/websocket?vsn=2.0.0&id=a")
        world.tell { ServerControl(world: $0).disconnect(socketID: "sock:a") }
        #expect([one, two, three].map { world.sent(to: $0) } == [["close 1001"], [], ["close 1001"]])
        world.tell { ServerControl(world: $0).drain() }
        #expect(world.sent(to: two) == ["close 1012"])
        #expect(world.world.sockets.isEmpty)
    }

    // MARK: Reply tokens

    @Test func `A token answers later, even when the channel has ended`() throws {
        let tokens = Tokens()
        let world = TestWorld(
            Self.site { channel in
                channel.on("later") { context, _ in
                    tokens.keep(context.replyToken())
                    return .noReply
                }
            }
        )
        try Self.joined(world)
        world.send(Wire.push("t:1", "2", "later"))
        #expect(world.sent().isEmpty)
        try tokens.all[0].reply("fine", ["a": 1])
        world.runSubmissions()
        #expect(world.sent() == [Wire.reply("t:1", "2", #"{"a":1}"#, status: "fine")])
        world.send(Wire.push("t:1", "3", "phx_leave"))
        _ = world.sent()
        try tokens.all[0].reply()
        world.runSubmissions()
        #expect(world.sent() == [Wire.reply("t:1", "2")])
        world.tell { $0.disconnected(1) }
        try tokens.all[0].reply()
        world.runSubmissions()
        #expect(world.sent().isEmpty)
    }
}
