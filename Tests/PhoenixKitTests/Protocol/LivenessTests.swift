import Testing

@testable import PhoenixKit

@Suite("Liveness")
struct LivenessTests {
    private func at(_ seconds: Int) -> Timestamp {
        Timestamp(nanoseconds: Int64(seconds) * 1_000_000_000)
    }

    private var waiting: Liveness {
        var liveness = Liveness(interval: .seconds(30), timeout: .seconds(10), openedAt: at(0))
        liveness.readerWaits(at: at(0))
        return liveness
    }

    private func answered(_ liveness: inout Liveness, _ reference: UInt64, at arrival: Timestamp) -> Bool {
        liveness.heartbeatAnswered(reference, at: arrival)
    }

    @Test("a heartbeat is due every interval, traffic or not")
    func heartbeats() {
        var liveness = waiting
        #expect(liveness.nextDeadline == at(30))
        #expect(liveness.timeReached(at(29)) == .nothing)
        liveness.framesArrived(at: at(29))
        liveness.readerWaits(at: at(29))
        #expect(liveness.timeReached(at(30)) == .sendHeartbeat)
        liveness.heartbeatSent(1, at: at(30))
        #expect(liveness.timeReached(at(31)) == .nothing)
        #expect(answered(&liveness, 1, at: at(31)) == true)
        liveness.framesArrived(at: at(31))
        liveness.readerWaits(at: at(31))
        #expect(liveness.nextDeadline == at(60))
        #expect(liveness.roundTrip == .seconds(1))
    }

    @Test("B16: silence after a heartbeat kills the connection, by its own timeout")
    func silence() {
        var liveness = waiting
        liveness.heartbeatSent(1, at: at(30))
        #expect(liveness.nextDeadline == at(40))
        #expect(liveness.timeReached(at(39)) == .nothing)
        #expect(liveness.timeReached(at(40)) == .dead(after: .seconds(10)))
    }

    @Test("B16: any inbound frame is a sign of life, not only the heartbeat's reply")
    func anyFrame() {
        var liveness = waiting
        liveness.heartbeatSent(1, at: at(30))
        liveness.framesArrived(at: at(35))
        liveness.readerWaits(at: at(35))
        #expect(liveness.timeReached(at(45)) == .nothing)
        #expect(liveness.nextDeadline == at(60))
    }

    @Test("a frame that arrived before the heartbeat is no sign of life after it")
    func olderFrame() {
        var liveness = waiting
        liveness.heartbeatSent(1, at: at(30))
        liveness.framesArrived(at: at(29))
        liveness.readerWaits(at: at(31))
        #expect(liveness.timeReached(at(40)) == .nothing)
        #expect(liveness.timeReached(at(41)) == .dead(after: .seconds(10)), "counted from when the reader waits again")
    }

    @Test("B16: a slow join does not kill the connection")
    func slowJoin() {
        var liveness = waiting
        liveness.joinSent(settledBy: at(50))
        liveness.heartbeatSent(1, at: at(30))
        #expect(liveness.timeReached(at(59)) == .nothing)
        #expect(liveness.timeReached(at(60)) == .dead(after: .seconds(10)))
    }

    @Test("while the reader is busy silence proves nothing, and heartbeats go on")
    func busyReader() {
        var liveness = waiting
        liveness.framesArrived(at: at(1))
        liveness.heartbeatSent(1, at: at(30))
        #expect(liveness.timeReached(at(59)) == .nothing)
        #expect(liveness.timeReached(at(60)) == .sendHeartbeat)
        liveness.heartbeatSent(2, at: at(60))
        liveness.readerWaits(at: at(65))
        #expect(liveness.nextDeadline == at(75))
        #expect(liveness.timeReached(at(75)) == .dead(after: .seconds(10)))
    }

    @Test("B15: a reply to a heartbeat that was not the last one sent here measures nothing")
    func foreignReply() {
        var liveness = waiting
        #expect(answered(&liveness, 1, at: at(1)) == false)
        liveness.heartbeatSent(8, at: at(30))
        #expect(answered(&liveness, 7, at: at(31)) == false)
        #expect(liveness.roundTrip == nil)
        #expect(answered(&liveness, 8, at: at(32)) == true)
        #expect(answered(&liveness, 8, at: at(33)) == false, "once")
    }
}
