import PhoenixJSON
import PhoenixTesting
import Synchronization
import Testing

@testable import PhoenixKit

@Suite("The wiretap", .timeLimit(.minutes(1)))
struct WiretapTests {
    private final class Notes: Wiretap {
        private let entries = Mutex<[WiretapEntry]>([])

        func saw(_ entry: WiretapEntry) { entries.withLock { $0.append(entry) } }

        func take(_ direction: WiretapEntry.Direction) -> [WiretapEntry] {
            entries.withLock { $0.filter { $0.direction == direction } }
        }
    }

    @Test("it sees every frame of every connection, in order, each with its connection and its moment")
    func everything() async throws {
        let notes = Notes()
        let stage = try SocketStage { $0.client.wiretap = notes }
        stage.clock.advance(by: .seconds(7))
        let phoenix = try await stage.open()
        let channel = try await stage.join("topic", at: phoenix)
        let pushes = try (0..<20).map { try channel.push("say", ["n": .signed($0)]) }
        for push in pushes {
            let message = try await phoenix.expect("say", on: "topic")
            try phoenix.reply(to: message)
            try await push.response()
        }
        let sent = notes.take(.sent).filter { $0.frame.bytes.text.contains("say") }
        #expect(sent.count == 20)
        for (number, entry) in sent.enumerated() { #expect(entry.frame.bytes.text.hasSuffix(#"{"n":\#(number)}]"#)) }
        #expect(notes.take(.received).count { $0.frame.bytes.text.contains("phx_reply") } >= 21)
        #expect(notes.take(.sent).allSatisfy { $0.generation == 1 && $0.moment == stage.clock.now })

        phoenix.connection.vanish()
        #expect(await stage.next() == .waiting)
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        let again = try await stage.reopened()
        try await again.acceptJoin("topic")
        #expect(notes.take(.sent).contains { $0.generation == 2 && $0.frame.bytes.text.contains("phx_join") })
    }

    @Test("a connection without a wiretap is the connection itself")
    func none() async throws {
        struct Nothing: Inbound, Outbound {
            func next() async throws -> InboundEvent? { nil }
            func write(_ frames: [Frame]) async throws {}
            func close(code: UInt16, reason: String) async {}
        }
        let connection = Connection(inbound: Nothing(), outbound: Nothing())
        let same = connection.tapped(by: nil, clock: TestClock())
        #expect(same.inbound is Nothing)
        #expect(same.outbound is Nothing)
    }
}
