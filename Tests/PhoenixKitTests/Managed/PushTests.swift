import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// The scenarios of phoenix.js's `channel_test.js` about pushes, as they are here.
@Suite("Pushes of a channel", .timeLimit(.minutes(1)))
struct PushTests {
    @Test("before a join a push throws")
    func notJoined() throws {
        let stage = try SocketStage()
        #expect(throws: PhoenixError.self) { try stage.socket.channel("topic").push("event") }
    }

    @Test("B12, B20: pushes wait for the join and go out in order, before those of later")
    func order() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = stage.socket.channel("topic")
        try channel.join()
        for number in 1...50 { try channel.push("event \(number)", ["foo": "bar"]) }
        let join = try await phoenix.acceptJoin("topic")
        for number in 51...100 { try channel.push("event \(number)", ["foo": "bar"]) }
        for number in 1...100 {
            let message = try await phoenix.expect("event \(number)", on: "topic")
            #expect(message.joinReference == join.reference)
            #expect(message.payload["foo"]?.string == "bar")
        }
    }

    @Test("B33: the status of a reply is any string; a callback is called once, also when it comes late")
    func outcomes() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = try await stage.join("topic", at: phoenix)
        for status in ["ok", "error", "maybe"] {
            let calls = FrameQueue<String>()
            let push = try channel.push("event")
            for name in ["ok", "error", "maybe"] { push.receive(name) { _ in calls.add("early \(name)") } }
            try phoenix.reply(to: try await phoenix.expect("event", on: "topic"), status: status, ["a": 1])
            #expect(await calls.next() == "early \(status)")
            for name in ["ok", "error", "maybe"] { push.receive(name) { _ in calls.add("late \(name)") } }
            #expect(await calls.next() == "late \(status)")
            guard case .reply(status, _) = push.settled else {
                Issue.record("no reply \(status)")
                return
            }
        }
    }

    @Test("a push times out after the default or the time that was given, and not after its reply")
    func timeouts() async throws {
        let stage = try SocketStage { $0.client.pushTimeout = .seconds(5) }
        let phoenix = try await stage.open()
        let channel = try await stage.join("topic", at: phoenix)
        let answered = try channel.push("answered")
        try phoenix.reply(to: try await phoenix.expect("answered", on: "topic"))
        try await answered.response()
        let short = try channel.push("short")
        let long = try channel.push("long", timeout: .seconds(9))
        _ = try await phoenix.expect("short", on: "topic")
        _ = try await phoenix.expect("long", on: "topic")
        await stage.pass(.seconds(5))
        #expect(try await short.outcome == .timeout)
        #expect(long.settled == nil)
        await stage.pass(.seconds(4))
        #expect(try await long.outcome == .timeout)
        guard case .reply("ok", _) = answered.settled else {
            Issue.record("the reply has changed")
            return
        }
    }

    @Test("a push that waited for its join longer than its timeout is never sent")
    func tooOld() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = stage.socket.channel("topic")
        try channel.join()
        let join = try await phoenix.expectJoin("topic")
        let push = try channel.push("old", timeout: .seconds(2))
        await stage.pass(.seconds(2))
        #expect(try await push.outcome == .timeout)
        try phoenix.reply(to: join)
        try channel.push("new")
        _ = try await phoenix.expect("new", on: "topic")
    }

    @Test(
        "B7: what is unanswered when the channel crashes, closes, is left, or the connection ends fails at once",
        arguments: 0...3
    )
    func ends(_ fate: Int) async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = try await stage.join("topic", at: phoenix)
        let push = try channel.push("event")
        _ = try await phoenix.expect("event", on: "topic")
        switch fate {
        case 0: try phoenix.crash("topic")
        case 1: try phoenix.close("topic")
        case 2:
            try channel.leave()
            try await phoenix.acceptLeave("topic")
        default: phoenix.connection.vanish()
        }
        let expected: [PushOutcome] = [.channelClosed, .channelClosed, .left, .disconnected]
        #expect(try await push.outcome == expected[fate])
    }

    @Test("B13: a push beyond the bound of those that wait is refused")
    func bound() async throws {
        let stage = try SocketStage { $0.pushBufferCount = 2 }
        let channel = stage.socket.channel("topic")
        try channel.join()
        let pushes = try (1...3).map { try channel.push("event \($0)") }
        guard case .refused(let refusal) = try await pushes[2].outcome else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.code == .bufferFull)
        #expect(pushes[0].settled == nil && pushes[1].settled == nil)
    }

    @Test("B9: a task that waits is cancelled at once, and the push goes on")
    func cancelled() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = try await stage.join("topic", at: phoenix)
        let push = try channel.push("event")
        let waiting = Task { try await push.response() }
        waiting.cancel()
        await #expect(throws: PhoenixError.self) { try await waiting.value }
        try phoenix.reply(to: try await phoenix.expect("event", on: "topic"))
        try await push.response()
    }
}
