import Synchronization
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// The scenarios of phoenix.js's `channel_test.js` about callbacks, and the bounds of sequences.
///
/// Who listens from before the join on misses nothing.
@Suite("Callbacks and sequences of a channel", .timeLimit(.minutes(1)))
struct EventTests {
    @Test("a callback gets its event only, on its topic only; a callback of the socket gets everything")
    func callbacks() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = stage.socket.channel("topic")
        let other = stage.socket.channel("off-topic")
        let got = FrameQueue<String>()
        channel.on("event") { got.add("event \($0.payload["n"]?.integer ?? 0)") }
        channel.on("other") { _ in got.add("wrong event") }
        other.on("event") { _ in got.add("wrong topic") }
        stage.socket.onMessage { got.add("all \($0.event)") }
        try await stage.join("topic", at: phoenix)
        try await stage.join("off-topic", at: phoenix)
        try phoenix.push("event", on: "topic", ["n": 7])
        #expect(await got.next() == "all event")
        #expect(await got.next() == "event 7")
        try phoenix.push("last", on: "topic")
        #expect(await got.next() == "all last")
    }

    @Test("B26: a cancelled callback is not called again, and the others are")
    func cancelled() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = stage.socket.channel("topic")
        let got = FrameQueue<String>()
        let first = channel.on("event") { _ in got.add("first") }
        channel.on("event") { _ in got.add("second") }
        first.cancel()
        first.cancel()
        try await stage.join("topic", at: phoenix)
        try phoenix.push("event", on: "topic")
        #expect(await got.next() == "second")
    }

    @Test("B19: two readers of one sequence share its elements: each goes to one of them, and both see the end")
    func twoReaders() async throws {
        let queue = EventQueue<Int>(EventBuffer(limit: 10_000))
        let sequence = EventSequence(queue: queue, lease: EventSequence.Lease {})
        let readers = (0..<2).map { _ in
            Task {
                var got: [Int] = []
                for await element in sequence { got.append(element) }
                return got
            }
        }
        for number in 0..<1_000 {
            queue.add(number)
            if number % 100 == 0 { await Task.yield() }
        }
        queue.finish()
        var all: [Int] = []
        for reader in readers {
            let got = await reader.value
            #expect(got == got.sorted())
            all += got
        }
        #expect(all.sorted() == Array(0..<1_000))
    }

    @Test("B26: a callback that another one cancels is not called with the same message any more")
    func cancelledMeanwhile() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = stage.socket.channel("topic")
        let got = FrameQueue<String>()
        let later = Mutex<Subscription?>(nil)
        channel.on("event") { _ in later.withLock { $0 }?.cancel() }
        let cancelled = channel.on("event") { _ in got.add("cancelled") }
        later.withLock { $0 = cancelled }
        channel.on("event") { _ in got.add("last") }
        try await stage.join("topic", at: phoenix)
        try phoenix.push("event", on: "topic")
        #expect(await got.next() == "last")
    }

    @Test("callbacks on the main actor keep the order")
    func mainActor() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = stage.socket.channel("topic")
        let got = FrameQueue<Int64>()
        channel.on("event", on: .mainActor) { got.add($0.payload["n"]?.integer ?? 0) }
        try await stage.join("topic", at: phoenix)
        for number: Int64 in 1...200 { try phoenix.push("event", on: "topic", ["n": .signed(number)]) }
        for number: Int64 in 1...200 { #expect(await got.next() == number) }
    }

    @Test(
        "B31: a sequence that nobody reads drops by its policy, counts what it dropped, and holds up nobody",
        arguments: [EventBuffer.Policy.dropOldest, .dropNewest]
    )
    func bounds(_ policy: EventBuffer.Policy) async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let channel = stage.socket.channel("topic")
        let slow = channel.events("event", buffer: EventBuffer(limit: 3, policy: policy))
        let got = FrameQueue<Int64>()
        channel.on("event") { got.add($0.payload["n"]?.integer ?? 0) }
        try await stage.join("topic", at: phoenix)
        for number: Int64 in 1...10 { try phoenix.push("event", on: "topic", ["n": .signed(number)]) }
        for number: Int64 in 1...10 { #expect(await got.next() == number) }
        #expect(slow.dropped == 7)
        try channel.leave()
        try await phoenix.acceptLeave("topic")
        var numbers: [Int64] = []
        for await message in slow { numbers.append(message.payload["n"]?.integer ?? 0) }
        #expect(numbers == (policy == .dropOldest ? [8, 9, 10] : [1, 2, 3]))
    }
}
