internal import CHeap
internal import Harness
internal import Synchronization

/// What a handler is told to do: receive or send so many messages, and say so.
struct Order: Sendable {
    var count: Int
}

/// A moment, and what had been spent by then.
struct Mark: Sendable {
    var cpu: Int64
    var wall: Int64
    var allocations: UInt64

    static var now: Mark { Mark(cpu: CPUClock.now, wall: CPUClock.wall, allocations: heap_allocations()) }
}

/// Where handlers say that they are done, and leave what they measured.
final class Probe: Sendable {
    private struct State {
        var trips: [Int64] = []
        var sum: Int64 = 0
    }

    private let state = Mutex(State())
    private let (events, continuation) = AsyncStream<String?>.makeStream()

    func done(sum: Int64 = 0, trips: [Int64] = []) {
        state.withLock {
            $0.sum &+= sum
            if !trips.isEmpty { $0.trips = trips }
        }
        continuation.yield(nil)
    }

    func failed(_ reason: String) {
        continuation.yield(reason)
    }

    func wait(for count: Int) async throws {
        var iterator = events.makeAsyncIterator()
        for _ in 0..<count {
            if let reason = await iterator.next() ?? "The client is gone." { throw Misuse(text: reason) }
        }
    }

    func report(messages: Int, from before: Mark, to after: Mark) {
        let (trips, sum) = state.withLock { ($0.trips.sorted(), $0.sum) }
        let mean = trips.isEmpty ? 0 : trips.reduce(0, +) / Int64(trips.count)
        let p50 = trips.isEmpty ? 0 : trips[trips.count / 2]
        let p99 = trips.isEmpty ? 0 : trips[trips.count * 99 / 100]
        print(
            "{\"messages\":\(messages),\"cpu\":\(after.cpu - before.cpu),\"wall\":\(after.wall - before.wall),"
                + "\"p50\":\(p50),\"p99\":\(p99),\"mean\":\(mean),\"sum\":\(sum),"
                + "\"allocations\":\(after.allocations - before.allocations)}"
        )
    }
}
