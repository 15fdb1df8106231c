import PhoenixTesting
import Testing

@testable import PhoenixKit

/// Defects that the model found, each as the shortest story that shows it.
@Suite("The managed layer, transcripts", .timeLimit(.minutes(1)))
struct KeeperTranscriptTests {
    private func bench(made: Bool = false) throws -> (KeeperBench, PhoenixChannel) {
        let bench = KeeperBench([try ConnectionTarget("ws://one.test/socket/websocket")], PhoenixSocket.Settings())
        let source: ChannelParameters.Source = made ? .made { [:] } : .fixed([:])
        return (bench, PhoenixChannel("a", ChannelParameters(source: source), bench.hub))
    }

    private func connect(_ bench: KeeperBench) {
        bench.hub.post(.connect)
        bench.takeCommands()
        bench.open()
    }

    private func disconnect(_ bench: KeeperBench, flushing: Duration = .zero) {
        bench.hub.post(.disconnect(code: 1000, reason: "", flushing: flushing))
    }

    @Test("B36: connect and disconnect in one breath leave no connection")
    func connectAndDisconnectAtOnce() throws {
        let (bench, _) = try bench()
        bench.hub.post(.connect)
        disconnect(bench)
        bench.takeCommands()
        #expect(bench.phase == .idle)
        #expect(bench.hub.socketState.kind == .disconnected)
    }

    @Test("a leave that crosses the end of its channel leaves it closed")
    func leaveOfAChannelThatClosed() throws {
        let (bench, channel) = try bench()
        connect(bench)
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
        connect(bench)
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
        connect(bench)
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
        connect(bench)
        try channel.join()
        bench.hub.post(.ping(Promise<Result<Duration, PhoenixError>>(), deadline: bench.clock.now + .seconds(9)))
        bench.takeCommands()
        #expect(bench.keeper.timers.count > 0)
        disconnect(bench)
        bench.takeCommands()
        bench.end(DisconnectReason(.closed, close: ConnectionClose(code: 1000, isLocal: true)))
        #expect(bench.keeper.timers.count == 0)
    }

    @Test("a move that ends during a flush does not connect again")
    func moveDuringFlush() throws {
        let (bench, _) = try bench()
        connect(bench)
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
