import Dispatch
import PhoenixJSON
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// Handlers that block their thread.
///
/// One at a time: each takes a thread from Swift's pool, which has no more of them than the machine has cores.
@Suite("The callback client with a busy handler", .serialized, .timeLimit(.minutes(1)))
struct SocketClientBusyHandlerTests {
    /// The value of `task`, which is cancelled with the test: a call that never ends must not hold up the run.
    private func value(of task: Task<Bool, any Error>) async throws -> Bool {
        try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    @Test("B9: a call times out at its time although the handler is stuck, and is settled once")
    func callTimesOut() async throws {
        let bench = Bench()
        _ = await bench.open()
        let gate = Gate()
        try bench.client.send { _ in
            gate.block()
            return .ok
        }
        await gate.waitUntilBlocked()
        let answer = Task { try await bench.client.call({ _ in true }, timeout: .seconds(5)).get() }
        await bench.clock.waitForSleeper(until: .seconds(5))
        bench.clock.advance(by: .seconds(5))
        let error = await #expect(throws: PhoenixError.self) { try await value(of: answer) }
        #expect(error?.code == .timeout)
        gate.open()
        #expect(try await bench.act { $0.isConnected }, "the late answer disturbed nothing")
    }

    @Test("B9: a call is settled by cancellation and by the client's end too")
    func callEnds() async throws {
        let bench = Bench()
        _ = await bench.open()
        let gate = Gate()
        try bench.client.send { _ in
            gate.block()
            return .stop(.normal)
        }
        await gate.waitUntilBlocked()
        let cancelled = Task { try await bench.client.call({ _ in true }).get() }
        cancelled.cancel()
        let first = await #expect(throws: PhoenixError.self) { try await value(of: cancelled) }
        #expect(first?.cause is CancellationError)
        let answer = Task { try await bench.client.call({ _ in true }, timeout: .seconds(50)).get() }
        await bench.clock.waitForSleeper(until: .seconds(50))
        gate.open()
        let second = await #expect(throws: PhoenixError.self) { try await value(of: answer) }
        #expect(second?.code == .stopped)
    }

    @Test("B31: a busy handler holds up nothing but itself: heartbeats go out, and reading waits")
    func busyHandler() async throws {
        let bench = Bench()
        let server = await bench.open()
        try await bench.join(server, "a")
        let gate = Gate()
        await bench.clock.waitForSleeper(until: .seconds(30))
        try bench.client.send { _ in
            gate.block()
            return .ok
        }
        await gate.waitUntilBlocked()
        bench.clock.advance(by: .seconds(30))
        #expect(try await bench.message(server).event == "heartbeat")
        try bench.send(server, "tick", on: "a")
        await bench.clock.waitForSleeper(until: .seconds(45))
        bench.clock.advance(by: .seconds(5))
        gate.open()
        #expect(await bench.next() == .received("a", "tick", "{}"))
    }

    @Test("B31: what waits for a busy handler is bounded, and says so")
    func boundedMailbox() async throws {
        let bench = Bench(configure: { $0.mailboxLimit = 10 })
        _ = await bench.open()
        let gate = Gate()
        try bench.client.send { _ in
            gate.block()
            return .ok
        }
        await gate.waitUntilBlocked()
        let told = bench.told
        for _ in 0..<10 {
            try bench.client.send { _ in
                told.add(.terminated("handled"))
                return .ok
            }
        }
        let error = #expect(throws: PhoenixError.self) { try bench.client.send { _ in .ok } }
        #expect(error?.code == .bufferFull)
        gate.open()
        for _ in 0..<10 { #expect(await bench.next() == .terminated("handled")) }
        #expect(try await bench.act { $0.isConnected })
    }

    @Test("B29: timeouts fire while the main thread is blocked")
    func noMainQueue() async throws {
        let bench = Bench()
        let server = await bench.open()
        try await bench.join(server, "a")
        let gate = Gate()
        let blocker = Task { @MainActor in gate.block() }
        await gate.waitUntilBlocked()
        try await bench.act { try $0.push("a", "e", timeout: .seconds(1)) == 2 }
        await bench.clock.waitForSleeper(until: .seconds(1))
        bench.clock.advance(by: .seconds(1))
        #expect(await bench.next() == .replied(2, .timeout))
        gate.open()
        await blocker.value
    }
}

/// Blocks a thread until the test opens it.
final class Gate: Sendable {
    private let opened = DispatchSemaphore(value: 0)
    private let blocked = FrameQueue<Void>()

    func block() {
        blocked.add(())
        opened.wait()
    }

    func waitUntilBlocked() async { await blocked.next() }

    func open() { opened.signal() }
}
