import PhoenixTesting
import Synchronization
import Testing

@testable import PhoenixKit

@Suite("The outbox", .timeLimit(.minutes(1)))
struct OutboxTests {
    private let network = Network()

    private func frames(_ texts: String...) -> [Frame] {
        texts.map { Frame(kind: .text, bytes: Bytes($0)) }
    }

    @Test("a transport that takes frames at once gets them in the caller's task, and nothing waits")
    func atOnce() async {
        let outbox = Outbox(metrics: nil, outbound: network)
        outbox.add(frames("a", "b"))
        outbox.add(frames("c"))
        #expect(network.log == ["a", "b", "c"])
        #expect(outbox.backlog == 0)
        await outbox.end()
    }

    @Test("where there is no room what follows waits, and goes out in order when there is")
    func noRoom() async {
        let outbox = Outbox(metrics: nil, outbound: network)
        network.isFull = true
        outbox.add(frames("a"))
        outbox.add(frames("b", "c"))
        outbox.add(frames("d"))
        #expect(network.log == ["a"])
        #expect(outbox.backlog == 3)
        await network.makeRoom()
        await network.wait { $0 == ["a", "b", "c", "d"] }
        #expect(outbox.backlog == 0)
        // Sooner or later the writer is done, and frames go out at once again.
        outbox.add(frames("e"))
        await network.wait { $0 == ["a", "b", "c", "d", "e"] }
        await outbox.end()
    }

    @Test("a close goes out behind all frames, and nothing behind it")
    func close() async {
        let outbox = Outbox(metrics: nil, outbound: network)
        outbox.add(frames("a"))
        outbox.close(code: 1000, reason: "")
        outbox.close(code: 1001, reason: "")
        outbox.add(frames("b"))
        await network.wait { $0 == ["a", "close 1000"] }
        await outbox.end()
        #expect(network.log == ["a", "close 1000"])
    }

    @Test(
        "of a thousand frames from two tasks none is lost and each task's stay in order, whether there is room or not"
    )
    func severalTasks() async {
        let outbox = Outbox(metrics: nil, outbound: network)
        network.fillsUpEvery = 7
        await withTaskGroup(of: Void.self) { group in
            for task in ["x", "y"] {
                group.addTask {
                    for number in 0..<500 { outbox.add([Frame(kind: .text, bytes: Bytes("\(task)\(number)"))]) }
                }
            }
        }
        await network.wait { $0.count == 1_000 }
        for task in ["x", "y"] {
            #expect(network.log.filter { $0.hasPrefix(task) } == (0..<500).map { "\(task)\($0)" })
        }
        await outbox.end()
    }

    @Test("the error of the transport is told once, and the wait for the reader's last word ends with the connection")
    func failure() async {
        let (failures, continuation) = AsyncStream<PhoenixError.Code>.makeStream()
        let clock = TestClock()
        let outbox = Outbox(metrics: nil, outbound: network) { error in
            continuation.yield(error.code)
            try? await clock.sleep(until: clock.now + .seconds(5))
            continuation.finish()
        }
        network.isBroken = true
        outbox.add(frames("a"))
        outbox.add(frames("b"))
        var iterator = failures.makeAsyncIterator()
        #expect(await iterator.next() == .disconnected)
        #expect(outbox.failure?.code == .disconnected)
        await clock.waitForSleeper(until: .seconds(5))
        await outbox.end()
        #expect(await iterator.next() == nil)
        #expect(clock.sleeperCount == 0)
    }
}

/// A network that notes what it was told to send.
private final class Network: ImmediateOutbound {
    private struct State {
        var log: [String] = []
        var isFull = false
        var isBroken = false
        var fillsUpEvery = Int.max
        var offers = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    var log: [String] { state.withLock { $0.log } }
    var isFull: Bool {
        get { state.withLock { $0.isFull } }
        set { state.withLock { $0.isFull = newValue } }
    }
    var isBroken: Bool {
        get { state.withLock { $0.isBroken } }
        set { state.withLock { $0.isBroken = newValue } }
    }
    var fillsUpEvery: Int {
        get { state.withLock { $0.fillsUpEvery } }
        set { state.withLock { $0.fillsUpEvery = newValue } }
    }

    /// Makes room, once somebody waits for it.
    func makeRoom() async {
        while true {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                if state.waiter != nil { state.isFull = false }
                return state.waiter
            }
            if let waiter { return waiter.resume() }
            await Task.yield()
        }
    }

    func wait(until isRight: ([String]) -> Bool) async {
        while !isRight(log) { await Task.yield() }
    }

    func offer(_ frames: [Frame]) throws -> Bool {
        try state.withLock { state in
            if state.isBroken { throw PhoenixError(.disconnected, "It is broken.") }
            state.log += frames.map(\.bytes.text)
            state.offers += 1
            return !state.isFull && state.offers % state.fillsUpEvery != 0
        }
    }

    func write(_ frames: [Frame]) async throws {
        if try offer(frames) { return }
        await withCheckedContinuation { continuation in
            let isWaiting = state.withLock { state in
                if state.isFull { state.waiter = continuation }
                return state.isFull
            }
            if !isWaiting { continuation.resume() }
        }
    }

    func close(code: UInt16, reason: String) async {
        state.withLock { $0.log.append("close \(code)") }
    }
}
