import Testing

@testable import PhoenixKit

@Suite("The system's clock", .timeLimit(.minutes(1)))
struct SystemClockTests {
    @Test("a sleep ends no earlier than its deadline; one that lies in the past ends at once")
    func sleeps() async throws {
        let clock = SystemClock()
        let deadline = clock.now + .milliseconds(5)
        try await clock.sleep(until: deadline)
        #expect(clock.now >= deadline)
        try await clock.sleep(until: Timestamp(nanoseconds: .min))
    }

    @Test("of several sleepers each wakes, and none before its deadline, whatever the order in which they fell asleep")
    func several() async throws {
        let clock = SystemClock()
        let start = clock.now
        let awake = await withTaskGroup(of: Int.self) { group in
            for delay in [40, 10, 30, 20] {
                group.addTask {
                    try? await clock.sleep(until: start + .milliseconds(delay))
                    return delay
                }
            }
            var awake: [Int] = []
            for await delay in group where clock.now >= start + .milliseconds(delay) { awake.append(delay) }
            return awake
        }
        #expect(awake.sorted() == [10, 20, 30, 40])
    }

    @Test("a call is made when its moment has come, and not when it is given up", arguments: [true, false])
    func calls(onTheSystemsClock: Bool) async {
        let clock: any PhoenixClock = onTheSystemsClock ? SystemClock() : OtherClock()
        let (calls, continuation) = AsyncStream<Int>.makeStream()
        let start = clock.now
        let given = [30, 10, 20].map { delay in
            clock.call(at: start + .milliseconds(delay)) { continuation.yield(delay) }
        }
        given[1].cancel()
        given[1].cancel()
        var made: [Int] = []
        for await delay in calls {
            #expect(clock.now >= start + .milliseconds(delay))
            made.append(delay)
            if made.count == 2 { break }
        }
        #expect(made == [20, 30])
        given[0].cancel()
    }

    @Test("a cancelled sleep throws, and ten thousand of them leave nothing behind")
    func cancellation() async throws {
        let clock = SystemClock()
        let far = clock.now + .seconds(86_400)
        for _ in 0..<10_000 {
            let sleeper = Task { try await clock.sleep(until: far) }
            sleeper.cancel()
            await #expect(throws: CancellationError.self) { try await sleeper.value }
        }
        #expect(Alarm.shared.sleeperCount < 1_000)
    }
}

/// The system's clock, as if it were somebody else's.
private struct OtherClock: PhoenixClock {
    private let base = SystemClock()

    var now: Timestamp { base.now }

    func sleep(until deadline: Timestamp) async throws {
        try await base.sleep(until: deadline)
    }
}
