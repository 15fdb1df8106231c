import PhoenixJSON
import Synchronization
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// The hazards that show only over many connections of one client.
@Suite("The callback client over many connections", .timeLimit(.minutes(1)))
struct SocketClientReconnectTests {
    /// What becomes of a push.
    private enum Fate: CaseIterable {
        case answered, timedOut, cut, cutUnread
    }

    @Test(
        "B25: a push that was cut or timed out is never sent again: each is on the wire once, on the connection of its day"
    )
    func neverResent() async throws {
        var generator = SeededGenerator.announced("fates of pushes")
        let bench = Bench(reconnects: true, configure: { $0.heartbeatInterval = .seconds(1_000_000) })
        var server = await bench.open()
        var generation: UInt64 = 1
        var account: [(number: Int64, generation: UInt64)] = []
        var sent: [(number: Int64, generation: UInt64)] = []
        func note(_ message: Message) {
            if message.event == "count", let number = message.payload.integer { sent.append((number, generation)) }
        }
        /// Reads what the client sends, until it is `wanted`.
        func read(until wanted: (Message) -> Bool) async throws -> Message {
            while true {
                let message = try await bench.message(server)
                note(message)
                if wanted(message) { return message }
            }
        }
        func join() async throws {
            try await bench.act { try $0.join("a").number ?? 0 > 0 }
            let message = try await read { $0.event == "phx_join" }
            try bench.reply(server, to: message)
            #expect(await bench.next() == .joined("a", try #require(message.reference)))
        }
        try await join()
        for number: Int64 in 1...200 {
            let pushed = Mutex<Reference>(0)
            try await bench.act { socket in
                let reference = try socket.push("a", "count", .value(.signed(number)), timeout: .seconds(5))
                pushed.withLock { $0 = reference }
                return true
            }
            let reference = pushed.withLock { $0 }
            account.append((number, generation))
            let fate = Fate.allCases.randomElement(using: &generator) ?? .answered
            if fate != .cutUnread {
                let message = try await read { $0.payload.integer == number }
                if fate == .answered { try bench.reply(server, to: message) }
            }
            switch fate {
            case .answered: #expect(await bench.next() == .replied(reference, Bench.ok))
            case .timedOut:
                let deadline = bench.clock.now - Timestamp(nanoseconds: 0) + .seconds(5)
                await bench.clock.waitForSleeper(until: deadline)
                bench.clock.advance(by: .seconds(5))
                #expect(await bench.next() == .replied(reference, .timeout))
            case .cut, .cutUnread:
                server.vanish()
                #expect(await bench.next() == .replied(reference, .disconnected))
                #expect(await bench.next() == .disconnected("transportDown"))
                await server.waitForEnd()
                // What the client had written when it was cut is still there to be read.
                while let frame = await server.receive() {
                    note(try bench.serializer.decode(frame, as: .server))
                }
                generation += 1
                server = await bench.transport.accept()
                #expect(await bench.next() == .connected(generation))
                try await join()
            }
        }
        // A push that was cut may not have been written at all; none may have been written twice, or elsewhere.
        let counts = Dictionary(grouping: sent, by: \.number)
        for entry in account {
            let places = counts[entry.number] ?? []
            #expect(places.count <= 1, "number \(entry.number) went out \(places.count) times")
            #expect(places.allSatisfy { $0.generation == entry.generation })
        }
        #expect(sent.map(\.number) == sent.map(\.number).sorted())
        #expect(generation > 10 && sent.count > 100)
    }

    @Test("B26: a thousand reconnects leave nothing behind: no entry in the books, no timer, no connection")
    func thousandReconnects() async throws {
        let bench = Bench(reconnects: true)
        let monitors = Mutex<[Weak]>([])
        var ends: [Weak] = []
        var server = await bench.open()
        for round: UInt64 in 1...1_000 {
            try await bench.join(server, "a")
            try await bench.join(server, "b")
            // All that can be outstanding: a push, a join, a leave that has its reply but not its close, and one without.
            try await bench.act { socket in
                monitors.withLock { $0.append(Weak(socket.monitor)) }
                try socket.leave("b")
                try socket.push("a", "never answered")
                try socket.leave("a")
                try socket.join("c")
                return true
            }
            try bench.reply(server, to: try await bench.message(server))
            guard case .replied(_, Bench.ok) = await bench.next() else {
                Issue.record("the leave was not answered in round \(round)")
                return
            }
            server.vanish()
            var told = await bench.next()
            while told != .disconnected("transportDown") { told = await bench.next() }
            ends.append(Weak(server))
            server = await bench.transport.accept()
            #expect(await bench.next() == .connected(round + 1))
        }
        let books = Mutex<[Int]>([])
        try await bench.act { socket in
            let table = socket.core.table
            let counts = [
                table.channels.count, table.outstanding.count, table.answeredLeaves.count, table.deadlines.count,
                socket.core.effects.count, socket.core.outgoing.count, socket.delayed.count,
            ]
            books.withLock { $0 = counts }
            return true
        }
        #expect(books.withLock { $0 } == [0, 0, 0, 0, 0, 0, 0])
        // The heartbeat of the present connection, and the timer of a call that has just been cancelled.
        #expect(bench.clock.sleeperCount <= 2)
        // The last connection but one unwinds beside us.
        var patience = 1_000_000
        while patience > 0, ends.contains(where: \.isAlive) || monitors.withLock({ $0.contains(where: \.isAlive) }) {
            patience -= 1
            await Task.yield()
        }
        #expect(ends.count { $0.isAlive } == 0)
        #expect(monitors.withLock { $0.count { $0.isAlive } } == 0)
        bench.client.stop()
    }
}

/// A reference that keeps nothing alive.
private struct Weak: Sendable {
    private weak let object: (any AnyObject & Sendable)?

    init(_ object: (any AnyObject & Sendable)?) {
        self.object = object
    }

    var isAlive: Bool { object != nil }
}
