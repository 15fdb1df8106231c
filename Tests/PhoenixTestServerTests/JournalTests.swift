import PhoenixKit
import Testing

@testable import PhoenixTestServer

/// The server's journal.
@Suite(.timeLimit(.minutes(1))) struct JournalTests {
    private static let start = Timestamp(nanoseconds: 0)

    private func message(_ topic: String, _ event: String, bytes: Int = 0) -> Message {
        Message(topic: topic, event: event, payload: Payload(binary: Bytes([UInt8](repeating: 0, count: bytes))))
    }

    @Test func `It holds what happened, in order and with its time`() throws {
        let world = TestWorld()
        _ = try world.connect()
        world.send(Wire.join("room:1"))
        world.advance(by: .seconds(3))
        world.send(Wire.push("room:1", "2", "shout", #"{"a":1}"#))
        world.send([.ping(Bytes()), .close(code: 1000)])
        let entries = world.journal.entries
        #expect(entries.map(\.kind) == [.connected, .received, .sent, .received, .sent, .pinged, .closed])
        #expect(entries.map(\.number) == Array(1...7))
        #expect(entries[3].time - entries[1].time == .seconds(3))
        #expect(entries.allSatisfy { $0.connection == 1 })
        #expect(world.journal.received(event: "shout").first?.payload["a"]?.integer == 1)
        #expect(world.journal.sent(topic: "room:1").map(\.event) == ["phx_reply", "shout"])
        #expect(world.journal.received(connection: 2).isEmpty)
    }

    @Test func `It forgets the oldest entries, and counts them`() {
        let journal = Journal(limits: Journal.Limits(entries: 3))
        for number in 1...10 { journal.record(.page, at: Self.start, status: number) }
        #expect(journal.entries.map(\.status) == [8, 9, 10])
        #expect(journal.entries.map(\.number) == [8, 9, 10])
        #expect(journal.count == 10)
        #expect(journal.dropped == 7)
    }

    @Test func `It keeps to its bytes, but always has the last entry`() {
        let journal = Journal(limits: Journal.Limits(entries: 100, bytes: 250))
        for number in 1...5 { journal.record(.sent, at: Self.start, message: message("t", "\(number)", bytes: 100)) }
        #expect(journal.sent().map(\.event) == ["4", "5"])
        journal.record(.sent, at: Self.start, message: message("t", "huge", bytes: 1_000))
        #expect(journal.sent().map(\.event) == ["huge"])
    }

    @Test func `It can be switched off, and cleared`() {
        let off = Journal(limits: Journal.Limits(entries: 0))
        off.record(.page, at: Self.start)
        #expect(off.count == 0)
        let journal = Journal(limits: Journal.Limits())
        journal.record(.page, at: Self.start)
        journal.clear()
        journal.record(.page, at: Self.start)
        #expect(journal.entries.map(\.number) == [2])
    }

    @Test func `Who waits gets an entry that is there already`() async throws {
        let journal = Journal(limits: Journal.Limits())
        journal.record(.sent, at: Self.start, message: message("a", "x"))
        journal.record(.sent, at: Self.start, message: message("b", "y"))
        #expect(try await journal.wait(for: .sent, topic: "b").number == 2)
    }

    @Test func `Who waits gets an entry that comes later`() async throws {
        let journal = Journal(limits: Journal.Limits())
        async let found = journal.wait(for: .received, event: "wanted")
        for event in ["one", "two", "wanted"] {
            journal.record(.received, at: Self.start, message: message("t", event))
        }
        #expect(try await found.message?.event == "wanted")
    }

    @Test func `Many who wait at once each get theirs`() async throws {
        let journal = Journal(limits: Journal.Limits())
        let found = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                group.addTask { try await journal.wait { $0.status == number }.status == number }
            }
            for number in 0..<50 { journal.record(.page, at: Self.start, status: number) }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(found.count == 50 && found.allSatisfy { $0 })
    }

    @Test func `Waiting ends with an error when the deadline passes`() async throws {
        let journal = Journal(limits: Journal.Limits())
        let clock = ManualClock()
        async let wait = journal.wait(atMost: .seconds(5), on: clock) { _ in false }
        await clock.whenAsleep()
        clock.advance(by: .seconds(5))
        do {
            _ = try await wait
            Issue.record("nothing was to be found")
        } catch let error as PhoenixError {
            #expect(error.code == .timeout)
        }
    }

    @Test func `Waiting ends when the task is cancelled`() async {
        let journal = Journal(limits: Journal.Limits())
        let clock = ManualClock()
        let task = Task { try await journal.wait(atMost: .seconds(5), on: clock) { _ in false } }
        await clock.whenAsleep()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `A condition may look into the journal itself`() async throws {
        let journal = Journal(limits: Journal.Limits())
        async let third = journal.wait { _ in journal.count >= 3 }
        for _ in 0..<3 { journal.record(.page, at: Self.start) }
        _ = try await third
        #expect(journal.count == 3)
    }
}
