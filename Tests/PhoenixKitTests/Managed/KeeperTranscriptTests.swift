import PhoenixTesting
import Synchronization
import Testing

@testable import PhoenixKit

/// Defects that the model found, each as the shortest story that shows it.
@Suite("The managed layer, transcripts", .timeLimit(.minutes(1)))
struct KeeperTranscriptTests {
    private func bench(made: Bool = false, room: Int? = nil) throws -> (KeeperBench, PhoenixChannel) {
        var settings = PhoenixSocket.Settings()
        if let room { settings.client.outstandingLimit = room }
        let bench = KeeperBench([try ConnectionTarget("ws://one.test/socket/websocket")], settings)
        let source: ChannelParameters.Source = made ? .made { [:] } : .fixed([:])
        return (bench, PhoenixChannel("a", ChannelParameters(source: source), bench.hub))
    }

    /// A channel that is being left while there is no room for its leave, and the messages that fill it.
    private func leaveWithoutRoom() throws -> (KeeperBench, PhoenixChannel, leave: Push, before: [Message]) {
        let (bench, channel) = try bench(room: 2)
        bench.connect()
        _ = try bench.join(channel)
        try channel.push("first")
        try channel.push("second")
        bench.takeCommands()
        let before = bench.takeSent()
        #expect(before.map(\.event) == ["first", "second"])
        let leave = try channel.leave()
        bench.takeCommands()
        #expect(bench.takeSent().isEmpty)
        #expect(leave.settled == nil)
        #expect(channel.state == .leaving)
        return (bench, channel, leave, before)
    }

    @Test("a leave for which there is no room waits and is sent when there is some")
    func leaveWaitsForRoom() throws {
        let (bench, channel, leave, before) = try leaveWithoutRoom()
        bench.advance(by: .milliseconds(60))
        #expect(bench.takeSent().isEmpty)
        for message in before { try bench.reply(to: message) }
        bench.advance(by: .milliseconds(60))
        let sent = bench.takeSent()
        #expect(sent.map(\.event) == ["phx_leave"])
        for message in sent { try bench.reply(to: message) }
        if case .reply("ok", _)? = leave.settled {} else { Issue.record("the leave ended as \(leave.settled as Any)") }
        #expect(channel.state == .closed)
    }

    @Test("a join does not overtake the leave that waits for room, and pushes to the new join wait for it")
    func joinFollowsTheLeave() throws {
        let (bench, channel, leave, before) = try leaveWithoutRoom()
        let again = try channel.join()
        let push = try channel.push("third")
        bench.takeCommands()
        #expect(bench.takeSent().isEmpty)
        #expect(channel.state == .joining)
        for message in before { try bench.reply(to: message) }
        bench.advance(by: .milliseconds(60))
        let sent = bench.takeSent()
        #expect(sent.map(\.event) == ["phx_leave", "phx_join"])
        for message in sent { try bench.reply(to: message) }
        for message in bench.takeSent() {
            #expect(message.event == "third")
            #expect(message.joinReference == sent.last?.joinReference)
            try bench.reply(to: message)
        }
        #expect(
            [leave.settled, again.settled, push.settled].allSatisfy { if case .reply? = $0 { true } else { false } }
        )
        #expect(channel.state == .joined)
    }

    @Test("a channel that crashes while its leave waits for room is left, or joined anew if that was asked for")
    func crashWhileTheLeaveWaits() throws {
        for isRejoining in [false, true] {
            let (bench, channel, leave, before) = try leaveWithoutRoom()
            if isRejoining { try channel.join() }
            bench.takeCommands()
            let crashed = try #require(before.first)
            try bench.receive(
                Message(
                    joinReference: crashed.joinReference,
                    topic: "a",
                    event: "phx_error",
                    payload: crashed.payload
                )
            )
            #expect(leave.settled == .left)
            #expect(channel.state == (isRejoining ? .joining : .closed))
            #expect(bench.takeSent().map(\.event) == (isRejoining ? ["phx_join"] : []))
        }
    }

    @Test("a join whose parameters cannot be made ends at once, and says why")
    func parametersFail() throws {
        let (bench, channel) = try bench(made: true)
        bench.connect()
        let push = try channel.join()
        bench.takeCommands()
        let number = try #require(bench.keeper.makings.keys.first)
        let error = PhoenixError(.credentials, "There are none.")
        bench.handle(.made(topic: channel.key, number, .failure(error)))
        #expect(push.settled == .refused(PushOutcome.Refusal(error)))
        #expect(channel.state == .errored)
    }

    @Test("whoever is told how a join or a leave ended finds the channel in the state that it led to")
    func statesBeforeOutcomes() throws {
        let (bench, channel) = try bench()
        let made = PhoenixChannel("made", ChannelParameters(source: .made { [:] }), bench.hub)
        bench.connect()
        let seen = Mutex<[String]>([])
        func follow(_ push: Push, of channel: PhoenixChannel) {
            push.onOutcome { _ in seen.withLock { $0.append("\(push.event) \(channel.state)") } }
        }
        func expect(_ lines: String...) {
            #expect(seen.withLock { $0 } == lines)
            seen.withLock { $0 = [] }
        }
        follow(try channel.join(), of: channel)
        bench.takeCommands()
        try bench.reply(to: try #require(bench.takeSent().last))
        expect("phx_join joined")
        follow(try channel.leave(), of: channel)
        bench.takeCommands()
        try bench.reply(to: try #require(bench.takeSent().last))
        expect("phx_leave closed")
        follow(try channel.join(), of: channel)
        follow(try channel.push("early"), of: channel)
        bench.takeCommands()
        let join = try #require(bench.takeSent().last)
        try bench.reply(to: join, status: "error")
        expect("phx_join errored")
        follow(try channel.leave(), of: channel)
        bench.takeCommands()
        expect("early leaving", "phx_leave closed")

        follow(try channel.join(), of: channel)
        follow(try channel.push("early"), of: channel)
        bench.takeCommands()
        try bench.refuse(try #require(bench.takeSent().last), reason: "unmatched topic")
        expect("early closed", "phx_join closed")

        follow(try made.join(), of: made)
        bench.takeCommands()
        let number = try #require(bench.keeper.makings.keys.first)
        bench.handle(.made(topic: made.key, number, .failure(PhoenixError(.credentials, "There are none."))))
        expect("phx_join errored")
    }

    @Test("the socket's state names the transport that it is on or is to be on, through fallbacks")
    func transports() throws {
        let targets = try ["websocket", "longpoll"].map { try ConnectionTarget("ws://one.test/socket/\($0)") }
        let bench = KeeperBench(targets, PhoenixSocket.Settings())
        #expect(bench.hub.socketState.transport == "websocket")
        bench.hub.post(.connect)
        bench.takeCommands()
        #expect(bench.hub.socketState.kind == .connecting)
        #expect(bench.hub.socketState.transport == "websocket")
        let eaten = UpgradeRefusal(status: 502, headers: [], body: Bytes())
        bench.end(.failedToConnect(PhoenixError(.upgradeRefused, "eaten", cause: eaten)))
        #expect(bench.hub.socketState.kind == .waiting)
        #expect(bench.hub.socketState.transport == "longpoll")
        bench.connect()
        #expect(bench.hub.socketState.kind == .connected)
        #expect(bench.hub.socketState.transport == "longpoll")
        bench.stop()
        #expect(bench.hub.socketState.transport == nil)
    }

    @Test("connect while suspended shows that the socket is suspended")
    func connectWhileSuspended() throws {
        let (bench, _) = try bench()
        bench.hub.post(.suspend)
        bench.takeCommands()
        #expect(bench.hub.socketState.kind == .disconnected)
        bench.hub.post(.connect)
        bench.takeCommands()
        #expect(bench.hub.socketState.kind == .suspended)
        bench.hub.post(.resume)
        bench.takeCommands()
        #expect(bench.hub.socketState.kind == .connecting)
    }

    @Test("the reply to a leave closes the channel, before the server's close comes")
    func replyClosesTheChannel() throws {
        let (bench, channel) = try bench()
        bench.connect()
        _ = try bench.join(channel)
        try channel.leave()
        bench.takeCommands()
        let leave = try #require(bench.takeSent().last)
        #expect(channel.state == .leaving)
        try bench.reply(to: leave)
        #expect(channel.state == .closed)
        _ = try bench.join(channel)
    }

    @Test("B36: connect and disconnect in one breath leave no connection")
    func connectAndDisconnectAtOnce() throws {
        let (bench, _) = try bench()
        bench.hub.post(.connect)
        bench.disconnect()
        bench.takeCommands()
        #expect(bench.phase == .idle)
        #expect(bench.hub.socketState.kind == .disconnected)
    }

    @Test("a leave that crosses the end of its channel leaves it closed")
    func leaveOfAChannelThatClosed() throws {
        let (bench, channel) = try bench()
        bench.connect()
        try channel.join()
        bench.takeCommands()
        let join = try #require(bench.takeSent().last)
        try bench.receive(
            Message(
                joinReference: join.joinReference,
                reference: join.reference,
                topic: "a",
                event: "phx_reply",
                status: "ok",
                payload: join.payload
            )
        )
        let leave = try channel.leave()
        try bench.receive(
            Message(joinReference: join.joinReference, topic: "a", event: "phx_close", payload: join.payload)
        )
        bench.takeCommands()
        #expect(leave.settled == .left)
        #expect(channel.state == .closed)
    }

    @Test("leave, join and leave while a join is on its way end with the channel left")
    func theLastLeaveCounts() throws {
        let (bench, channel) = try bench()
        bench.connect()
        try channel.join()
        bench.takeCommands()
        let first = try channel.leave()
        try channel.join()
        try channel.leave()
        bench.takeCommands()
        #expect(first.settled == .left)
        #expect(channel.state == .leaving)
    }

    @Test("a leave that waits for a join ends when the socket stops")
    func stopEndsAWaitingLeave() throws {
        let (bench, channel) = try bench()
        bench.connect()
        try channel.join()
        bench.takeCommands()
        let leave = try channel.leave()
        bench.takeCommands()
        bench.stop()
        #expect(leave.settled == .left)
    }

    @Test("B17: no timer of a making or a ping lives after a disconnect")
    func noTimerAfterDisconnect() throws {
        let (bench, channel) = try bench(made: true)
        bench.connect()
        try channel.join()
        bench.hub.post(.ping(Promise<Result<Duration, PhoenixError>>(), deadline: bench.clock.now + .seconds(9)))
        bench.takeCommands()
        #expect(bench.keeper.timers.count > 0)
        bench.disconnect()
        bench.takeCommands()
        bench.end(DisconnectReason(.closed, close: ConnectionClose(code: 1000, isLocal: true)))
        #expect(bench.keeper.timers.count == 0)
    }

    @Test("B26: a thousand reconnects, with all that can be under way at each, leave nothing in the books")
    func thousandReconnects() throws {
        let (bench, channel) = try bench()
        let other = PhoenixChannel("b", ChannelParameters(source: .made { [:] }), bench.hub)
        let lost = ConnectionClose(code: nil, isClean: false)
        bench.connect()
        var first: [Int]?
        for round in 1...1_000 {
            // A channel that is joined, with a push and a ping that are never answered, and a subscription that comes and goes; one whose
            // parameters are being made; one that is left while its join is on its way.
            if channel.state == .closed { try channel.join() }
            if other.state == .closed { try other.join() }
            let passing = PhoenixChannel("c\(round)", ChannelParameters(source: .fixed([:])), bench.hub)
            let subscription = passing.on("event") { _ in }
            try passing.join()
            bench.takeCommands()
            for message in bench.takeSent() where message.event == "phx_join" && message.topic == "a" {
                try bench.reply(to: message)
            }
            try channel.push("never answered")
            bench.hub.post(.ping(Promise<Result<Duration, PhoenixError>>(), deadline: bench.clock.now + .seconds(900)))
            try passing.leave()
            subscription.cancel()
            bench.takeCommands()
            #expect(channel.state == .joined)
            bench.end(DisconnectReason(.closed, close: lost))
            bench.hub.post(.connect)
            bench.takeCommands()
            bench.open()
            let keeper = bench.keeper
            let books = [
                keeper.channels.count, keeper.outstanding.count, keeper.timed.count, keeper.waitingCount,
                keeper.makings.count,
                keeper.preparations.count, keeper.pings.count, keeper.sinks.count, keeper.timers.count,
                bench.socket.core.table.outstanding.count, bench.hub.joinedTopics.count,
            ]
            if first == nil { first = books }
            #expect(books == first)
        }
    }

    @Test("a move that ends during a flush does not connect again")
    func moveDuringFlush() throws {
        let (bench, _) = try bench()
        bench.connect()
        let other = try ConnectionTarget("ws://two.test/socket/websocket")
        bench.hub.post(.replace(Fallback(other, [], store: InMemoryFallbackStore(clock: bench.clock))))
        bench.takeCommands()
        #expect(bench.isMoving)
        bench.keeper.isWanted = false
        bench.end(DisconnectReason(.closed, close: ConnectionClose(code: 1000, isLocal: true)))
        #expect(bench.phase == .idle)
        #expect(bench.hub.socketState.kind == .disconnected)
    }
}
