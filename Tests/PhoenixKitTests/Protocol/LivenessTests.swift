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
        liveness.heartbeatAnswered(reference, at: arrival) != nil
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

    @Test("each of several heartbeats on their way is measured by its own reply, the oldest 16 at most")
    func roundTrips() {
        var liveness = waiting
        for reference: UInt64 in 1...20 { liveness.heartbeatSent(reference, at: at(Int(reference))) }
        #expect(answered(&liveness, 4, at: at(21)) == false, "forgotten")
        #expect(answered(&liveness, 6, at: at(22)) == true)
        #expect(liveness.roundTrip == .seconds(16))
        #expect(answered(&liveness, 5, at: at(23)) == false, "a server answers in order")
        #expect(answered(&liveness, 20, at: at(24)) == true)
        #expect(liveness.roundTrip == .seconds(4))
    }

    @Test("where no heartbeats are needed none is due, and silence after a ping kills nothing")
    func withoutHeartbeats() {
        var liveness = Liveness(interval: nil, timeout: .seconds(10), openedAt: at(0))
        liveness.readerWaits(at: at(0))
        #expect(liveness.timeReached(at(1_000_000)) == .nothing)
        liveness.heartbeatSent(1, at: at(1))
        #expect(liveness.timeReached(at(1_000_000)) == .nothing)
        #expect(answered(&liveness, 1, at: at(3)) == true)
        #expect(liveness.roundTrip == .seconds(2))
    }

    @Test("B15: a reply to a heartbeat that was not sent here measures nothing")
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
