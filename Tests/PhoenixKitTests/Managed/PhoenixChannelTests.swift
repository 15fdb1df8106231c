import Synchronization
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// The scenarios of phoenix.js's `channel_test.js` about joining and leaving, as they are here.
@Suite("A channel that stays joined", .timeLimit(.minutes(1)))
struct PhoenixChannelTests {
    @Test("a join sends the parameters, is joining until the reply, and joined after it; a second one throws")
    func joins() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = stage.socket.channel("topic", ["one": "two"])
        #expect(channel.state == .closed)
        let push = try channel.join()
        #expect(channel.state == .joining)
        #expect(throws: PhoenixError.self) { try channel.join() }
        let join = try await phoenix.expectJoin("topic")
        #expect(join.payload["one"]?.string == "two")
        #expect(join.reference == join.joinReference)
        try phoenix.reply(to: join, ["chan": "reply"])
        #expect(try await push.response()["chan"]?.string == "reply")
        #expect(channel.state == .joined)
        #expect(stage.socket.topics == ["topic"])
        // Two handles of a topic are one channel.
        let second = stage.socket.channel("topic")
        #expect(second == channel && second.state == .joined)
        #expect(throws: PhoenixError.self) { try second.join() }
    }

    @Test(
        "B32: a crash leaves the joined state, and the channel is joined again after its wait, longer each time it fails"
    )
    func crashes() async throws {
        let stage = try SocketStage { $0.client.joinTimeout = .seconds(1_000) }
        let phoenix = try await stage.open()
        let channel = try await stage.join("topic", at: phoenix)
        let states = FrameQueue<ChannelState>()
        channel.onStateChange { states.add($0) }
        try phoenix.crash("topic")
        #expect(await states.next() == .errored)
        for wait in [1, 2, 4, 8, 10, 10] {
            await stage.pass(.seconds(wait))
            #expect(await states.next() == .joining)
            try phoenix.reply(to: try await phoenix.expectJoin("topic"), status: "error", ["reason": "later"])
            #expect(await states.next() == .errored)
        }
        await stage.pass(.seconds(10))
        try await phoenix.acceptJoin("topic")
        #expect(await states.next() == .joining)
        #expect(await states.next() == .joined)
    }

    @Test("a join without an answer times out, its leave is sent, and it is tried again")
    func joinTimesOut() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = stage.socket.channel("topic")
        let push = try channel.join(timeout: .seconds(3))
        _ = try await phoenix.expectJoin("topic")
        await stage.pass(.seconds(3))
        #expect(try await push.outcome == .timeout)
        _ = try await phoenix.expect("phx_leave", on: "topic")
        await stage.pass(.seconds(1))
        try await phoenix.acceptJoin("topic")
    }

    @Test("a permanent refusal is not tried again", arguments: ["unmatched topic", "too many channels joined"])
    func refusedForGood(_ reason: String) async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = stage.socket.channel("topic")
        let push = try channel.join()
        let states = FrameQueue<ChannelState>()
        channel.onStateChange { states.add($0) }
        let waiting = try channel.push("event")
        try phoenix.reply(to: try await phoenix.expectJoin("topic"), status: "error", ["reason": .string(reason)])
        guard case .reply("error", _) = try await push.outcome else {
            Issue.record("no refusal")
            return
        }
        #expect(try await waiting.outcome == .channelClosed)
        #expect(await states.next() == .closed)
        #expect(stage.socket.topics.isEmpty)
    }

    @Test(
        "B10: a leave waits for the server; until then the channel is leaving and takes no pushes, and it may be joined again"
    )
    func leaves() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = try await stage.join("topic", at: phoenix)
        let leave = try channel.leave()
        #expect(channel.state == .leaving)
        #expect(throws: PhoenixError.self) { try channel.push("event") }
        let message = try await phoenix.expect("phx_leave", on: "topic")
        #expect(leave.settled == nil)
        #expect(message.joinReference != nil && message.joinReference != message.reference)
        try phoenix.reply(to: message)
        try await leave.response()
        try phoenix.close("topic")
        try await stage.join("topic", at: phoenix)
        #expect(channel.state == .joined)
    }

    @Test("a leave without an answer times out at the time that was given, and counts as left")
    func leaveTimesOut() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = try await stage.join("topic", at: phoenix)
        let states = FrameQueue<ChannelState>()
        channel.onStateChange { states.add($0) }
        let leave = try channel.leave(timeout: .seconds(4))
        _ = try await phoenix.expect("phx_leave", on: "topic")
        await stage.pass(.seconds(4))
        #expect(try await leave.outcome == .timeout)
        #expect(await states.next() == .closed)
    }

    @Test("a channel that the server closes is closed, leaves the socket's list, and is not joined again")
    func closedByTheServer() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = stage.socket.channel("topic")
        let events = channel.messages
        try await stage.join("topic", at: phoenix)
        try await stage.join("other", at: phoenix)
        try phoenix.close("topic")
        for await _ in events { Issue.record("a message") }
        #expect(channel.state == .closed)
        #expect(stage.socket.topics == ["other"])
        phoenix.connection.vanish()
        #expect(await stage.next() == .waiting)
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        let again = try await stage.reopened()
        // B11: the other channel is still there, and is all that is joined.
        try await again.acceptJoin("other")
    }

    @Test("B14: after a lost connection channels are joined again, with parameters made anew and a new join reference")
    func rejoins() async throws {
        let made = Mutex<Int64>(0)
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = stage.socket.channel("topic") {
            let number = made.withLock { count in
                count += 1
                return count
            }
            return ["try": .signed(number)]
        }
        let push = try channel.join()
        let first = try await phoenix.acceptJoin("topic")
        #expect(first.payload["try"]?.integer == 1)
        try await push.response()
        phoenix.connection.vanish()
        #expect(await stage.next() == .waiting)
        let late = try channel.push("late")
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        let again = try await stage.reopened()
        let second = try await again.acceptJoin("topic")
        #expect(second.payload["try"]?.integer == 2)
        #expect(second.joinReference != first.joinReference)
        let message = try await again.expect("late", on: "topic")
        #expect(message.joinReference == second.joinReference)
        try again.reply(to: message)
        try await late.response()
    }

    @Test("a join without a connection waits for it, though its push times out")
    func joinsLate() async throws {
        let stage = try SocketStage()
        let channel = stage.socket.channel("topic")
        let push = try channel.join(timeout: .seconds(3))
        await stage.pass(.seconds(3))
        #expect(try await push.outcome == .timeout)
        #expect(channel.state == .joining)
        let states = FrameQueue<ChannelState>()
        channel.onStateChange { states.add($0) }
        let phoenix = try await stage.open()
        try await phoenix.acceptJoin("topic")
        #expect(await states.next() == .joined)
    }

    @Test("a connection that is lost while joining: the channel goes on joining, and is joined on the next one")
    func lostWhileJoining() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = stage.socket.channel("topic")
        let push = try channel.join()
        let first = try await phoenix.expectJoin("topic")
        phoenix.connection.vanish()
        #expect(await stage.next() == .waiting)
        #expect(channel.state == .joining)
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        let again = try await stage.reopened()
        let second = try await again.acceptJoin("topic")
        #expect(second.reference != first.reference)
        try await push.response()
    }

    @Test(
        "a channel that crashes, or whose connection is lost, while it is left is left, and not joined again",
        arguments: [true, false]
    )
    func lostWhileLeaving(_ crashes: Bool) async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = try await stage.join("topic", at: phoenix)
        try await stage.join("other", at: phoenix)
        let leave = try channel.leave()
        _ = try await phoenix.expect("phx_leave", on: "topic")
        if crashes { try phoenix.crash("topic") } else { phoenix.connection.vanish() }
        #expect(try await leave.outcome == .left)
        if crashes { phoenix.connection.vanish() }
        #expect(await stage.next() == .waiting)
        #expect(channel.state == .closed)
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        try await stage.reopened().acceptJoin("other")
        #expect(stage.socket.topics == ["other"])
    }

    @Test("several thousand channels live on one socket, and each gets its own messages")
    func thousands() async throws {
        let count = 2_000
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let got = FrameQueue<String>()
        for number in 1...count {
            let channel = stage.socket.channel("room:\(number)")
            channel.on("event") { got.add($0.topic) }
            try channel.join()
        }
        for number in 1...count { try await phoenix.acceptJoin("room:\(number)") }
        for number in [1, count, count / 2] {
            try phoenix.push("event", on: "room:\(number)")
            #expect(await got.next() == "room:\(number)")
        }
        #expect(stage.socket.topics.count == count)
    }
}
