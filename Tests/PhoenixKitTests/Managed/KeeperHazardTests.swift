import PhoenixTesting
import Testing

@testable import PhoenixKit

/// The bugs of other clients that concern the managed layer, by the numbers of the project's list of hazards.
@Suite("The managed layer, hazards", .timeLimit(.minutes(1)))
struct KeeperHazardTests {
    private func bench(_ configure: (inout PhoenixSocket.Settings) -> Void = { _ in }) throws -> KeeperBench {
        var settings = PhoenixSocket.Settings()
        settings.fallback.backoff.jitter = 0
        configure(&settings)
        return KeeperBench([try ConnectionTarget("ws://one.test/socket/websocket")], settings)
    }

    private func channel(_ topic: String, on bench: KeeperBench, made: Bool = false) -> PhoenixChannel {
        PhoenixChannel(topic, ChannelParameters(source: made ? .made { [:] } : .fixed([:])), bench.hub)
    }

    @Test(
        "B7: when the socket is told to disconnect or stop, every push ends once, sent or waiting",
        arguments: [true, false]
    )
    func everyPushEnds(stops: Bool) throws {
        let bench = try bench()
        bench.connect()
        let (joined, joining) = (channel("joined", on: bench), channel("joining", on: bench))
        try bench.join(joined)
        let sent = try bench.push("event", on: joined).push
        let join = try joining.join()
        let waiting = try joining.push("event")
        bench.takeCommands()
        #expect(sent.settled == nil && join.settled == nil && waiting.settled == nil)
        if stops {
            bench.stop()
        } else {
            bench.disconnect()
            bench.takeCommands()
            bench.end(DisconnectReason(.closed, close: ConnectionClose(code: 1000, isLocal: true)))
        }
        for push in [sent, join, waiting] { #expect(push.settled == .disconnected) }
        #expect(bench.keeper.waitingCount == 0 && bench.keeper.timed.isEmpty)
    }

    @Test("B8: a refusal without a join_ref ends the join or the push whose ref it has, and nothing else")
    func unmatchedTopic() throws {
        let bench = try bench()
        bench.connect()
        let (good, bad) = (channel("good", on: bench), channel("bad", on: bench))
        try bench.join(good)
        let join = try bad.join()
        bench.takeCommands()
        let message = try #require(bench.takeSent().last)
        try bench.reply(to: message, status: "error", isFromItsJoin: false)
        guard case .reply("error", _) = join.settled else {
            Issue.record("expected the join to end by the refusal, got \(String(describing: join.settled))")
            return
        }
        let (push, sent) = try bench.push("event", on: good)
        try bench.reply(to: sent, status: "error", isFromItsJoin: false)
        guard case .reply("error", _) = push.settled else {
            Issue.record("expected the push to end by the refusal, got \(String(describing: push.settled))")
            return
        }
        #expect(good.state == .joined)
    }

    @Test("B9, B34: a closure that never returns and a ping that nobody answers end at their deadlines")
    func deadlines() throws {
        let bench = try bench {
            $0.parameters = { [:] }
            $0.credentialsTimeout = .seconds(7)
            $0.client.joinTimeout = .seconds(5)
        }
        bench.connect()
        let (number, preparation) = try #require(bench.keeper.preparations.first)
        bench.advance(by: .seconds(7))
        guard case .failure(let error) = preparation.promise.settled else {
            Issue.record("expected the parameters of the connection to be given up")
            return
        }
        #expect(error.code == .credentials)
        bench.handle(.prepared(number, .failure(error)))
        #expect(bench.hub.socketState.kind == .waiting)

        bench.hub.post(.connect)
        bench.takeCommands()
        bench.handle(.prepared(try #require(bench.keeper.preparations.keys.first), .success(Credentials())))
        bench.open()
        try channel("made", on: bench, made: true).join()
        let ping = Promise<Result<Duration, PhoenixError>>()
        bench.hub.post(.ping(ping, deadline: bench.clock.now + .seconds(3)))
        bench.takeCommands()
        let making = try #require(bench.keeper.makings.values.first)
        bench.advance(by: .seconds(3))
        guard case .failure(let unanswered) = ping.settled else {
            Issue.record("expected the ping to be given up")
            return
        }
        #expect(unanswered.code == .timeout)
        #expect(making.promise.settled == nil)
        bench.advance(by: .seconds(2))
        guard case .failure(let never) = making.promise.settled else {
            Issue.record("expected the parameters of the join to be given up")
            return
        }
        #expect(never.code == .timeout)
    }

    @Test("B11: a subscription that goes takes no other with it, of its channel or of others")
    func removal() throws {
        let bench = try bench()
        let (one, other) = (channel("one", on: bench), channel("other", on: bench))
        let going = one.on("event") { _ in }
        one.on("event") { _ in }
        other.on("event") { _ in }
        bench.takeCommands()
        going.cancel()
        bench.takeCommands()
        #expect(bench.keeper.channels[one.key]?.sinks.count == 1)
        #expect(bench.keeper.channels[other.key]?.sinks.count == 1)
    }

    @Test("B14: after a reconnect pushes wait for the new join, and carry its join_ref")
    func stampedWhenSent() throws {
        let bench = try bench()
        bench.connect()
        let channel = channel("a", on: bench)
        let first = try bench.join(channel)
        bench.loseConnection()
        let push = try channel.push("kept")
        bench.connect()
        let sent = bench.takeSent()
        #expect(sent.map(\.event) == ["heartbeat", "phx_join"])
        let again = try #require(sent.last)
        #expect(again.reference != first.reference)
        try bench.reply(to: again)
        let kept = try #require(bench.takeSent().first)
        #expect(kept.event == "kept" && kept.joinReference == again.reference)
        try bench.reply(to: kept)
        guard case .reply("ok", _) = push.settled else {
            Issue.record("expected a reply, got \(String(describing: push.settled))")
            return
        }
    }

    @Test("B15: a ping belongs to its connection: it ends with it, and a late answer reaches nobody")
    func pingOfTheOldConnection() throws {
        let bench = try bench()
        bench.connect()
        let ping = Promise<Result<Duration, PhoenixError>>()
        bench.hub.post(.ping(ping, deadline: bench.clock.now + .seconds(900)))
        bench.takeCommands()
        let heartbeat = try #require(bench.takeSent().last)
        bench.loseConnection()
        guard case .failure(let error) = ping.settled else {
            Issue.record("expected the ping to end with its connection")
            return
        }
        #expect(error.code == .disconnected)
        bench.connect()
        #expect(bench.takeSent().allSatisfy { $0.reference != heartbeat.reference })
        try bench.reply(to: heartbeat)
        #expect(bench.phase == .connected)
    }

    @Test("B18: parameters that come after their connection or join was given up are nobody's any more")
    func lateParameters() throws {
        let bench = try bench { $0.parameters = { [:] } }
        bench.hub.post(.connect)
        bench.takeCommands()
        let old = try #require(bench.keeper.preparations.keys.first)
        bench.disconnect()
        bench.hub.post(.connect)
        bench.takeCommands()
        let new = try #require(bench.keeper.preparations.keys.first)
        #expect(old != new)
        bench.handle(.prepared(old, .success(Credentials(parameters: ["token": "old"]))))
        #expect(bench.phase == .idle)
        bench.handle(.prepared(new, .success(Credentials(parameters: ["token": "new"]))))
        #expect(bench.phase == .connecting)
        #expect(bench.target?.parameters.items.map(\.value) == ["new"])
        bench.open()

        let channel = channel("a", on: bench, made: true)
        try channel.join()
        bench.takeCommands()
        let former = try #require(bench.keeper.makings.keys.first)
        try channel.leave()
        try channel.join()
        bench.takeCommands()
        _ = bench.takeSent()
        bench.handle(.made(topic: channel.key, former, .success(["of": "the old join"])))
        #expect(bench.takeSent().isEmpty)
        let present = try #require(bench.keeper.makings.keys.first)
        bench.handle(.made(topic: channel.key, present, .success([:])))
        #expect(bench.takeSent().map(\.event) == ["phx_join"])
    }
}
