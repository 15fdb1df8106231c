import MetricsTestKit
import PhoenixJSON
import Synchronization
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

@Suite("Metrics", .timeLimit(.minutes(1)))
struct MetricsTests {
    /// The bytes of all frames, as somebody else counts them.
    private final class Scales: Wiretap {
        private let bytes = Mutex<[WiretapEntry.Direction: [Int]]>([:])

        func saw(_ entry: WiretapEntry) {
            bytes.withLock { $0[entry.direction, default: []].append(entry.frame.bytes.count) }
        }

        func weighed(_ direction: WiretapEntry.Direction) -> [Int] { bytes.withLock { $0[direction] ?? [] } }
    }

    private let metrics = TestMetrics()

    private func total(_ name: String, _ dimensions: [(String, String)] = []) -> Int64 {
        metrics.counterTotal(label: "phoenix.\(name)", dimensions: dimensions)
    }

    private func level(_ name: String) -> Double { metrics.meters(label: "phoenix.\(name)").first?.lastValue ?? 0 }

    @Test("messages and bytes of both directions are those that went over the connections")
    func traffic() async throws {
        let scales = Scales()
        let stage = try SocketStage {
            $0.client.metrics = SocketMetrics(factory: metrics)
            $0.client.wiretap = scales
        }
        let phoenix = try await stage.open()
        let channel = try await stage.join("topic", at: phoenix)
        for number in 0..<10 {
            let push = try channel.push("say", ["n": .signed(Int64(number))])
            try phoenix.reply(to: try await phoenix.expect("say", on: "topic"))
            try await push.response()
        }
        #expect(scales.weighed(.sent).count >= 11)
        #expect(total("messages.sent") == Int64(scales.weighed(.sent).count))
        #expect(total("bytes.sent") == Int64(scales.weighed(.sent).reduce(0, +)))
        #expect(scales.weighed(.received).count >= 11)
        #expect(total("messages.received") == Int64(scales.weighed(.received).count))
        #expect(total("bytes.received") == Int64(scales.weighed(.received).reduce(0, +)))
    }

    @Test("joins, pushes and round trips are counted by how they ended")
    func outcomes() async throws {
        let stage = try SocketStage { $0.client.metrics = SocketMetrics(factory: metrics) }
        let phoenix = try await stage.open()
        let refused = try stage.socket.channel("refused").join()
        try phoenix.reply(to: try await phoenix.expectJoin("refused"), status: "error", ["reason": "unmatched topic"])
        _ = try await refused.outcome
        let channel = try await stage.join("topic", at: phoenix)
        for status in ["ok", "error", "error", "maybe"] {
            let push = try channel.push("say")
            try phoenix.reply(to: try await phoenix.expect("say", on: "topic"), status: status)
            _ = try await push.outcome
        }
        let late = try channel.push("late", timeout: .seconds(3))
        _ = try await phoenix.expect("late", on: "topic")
        await stage.pass(.seconds(3))
        #expect(try await late.outcome == .timeout)
        let lost = try channel.push("lost")
        _ = try await phoenix.expect("lost", on: "topic")
        phoenix.connection.vanish()
        #expect(try await lost.outcome == .disconnected)

        #expect(total("joins", [("outcome", "ok")]) == 1)
        #expect(total("joins", [("outcome", "error")]) == 1)
        #expect(total("pushes", [("outcome", "ok")]) == 1)
        #expect(total("pushes", [("outcome", "error")]) == 2)
        #expect(total("pushes", [("outcome", "other")]) == 1)
        #expect(total("pushes", [("outcome", "timeout")]) == 1)
        #expect(total("pushes", [("outcome", "disconnected")]) == 1)
        #expect(metrics.counterTotal(label: "phoenix.pushes") == 6)
        #expect(metrics.counterTotal(label: "phoenix.joins") == 2)
    }

    @Test("a heartbeat's round trip is what its answer took on the client's clock")
    func roundTrips() async throws {
        let stage = try SocketStage { $0.client.metrics = SocketMetrics(factory: metrics) }
        let phoenix = try await stage.open()
        let before = metrics.timers(label: "phoenix.heartbeat.round_trip").flatMap(\.values).count
        async let ping = stage.socket.ping()
        var heartbeat: Message
        // The one that proves the connection goes before.
        for _ in 0..<2 {
            let frame = try #require(await phoenix.connection.receive())
            heartbeat = try JSONSerializer.v2.decode(frame, as: .server)
            #expect(heartbeat.event == "heartbeat")
            stage.clock.advance(by: .milliseconds(7))
            try phoenix.reply(to: heartbeat)
        }
        _ = try await ping
        let values = metrics.timers(label: "phoenix.heartbeat.round_trip").flatMap(\.values)
        #expect(values.count == before + 2)
        #expect(values.allSatisfy { $0 >= 7_000_000 && $0 % 7_000_000 == 0 })
    }

    @Test("connections are counted by how they began and ended, and those after the first as reconnects")
    func connections() async throws {
        let stage = try SocketStage { $0.client.metrics = SocketMetrics(factory: metrics) }
        stage.transport.refuseNext(PhoenixError(.transportDown, "refused"))
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        #expect(await stage.next() == .waiting)
        #expect(total("connections.failed") == 1)
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        let phoenix = try await stage.reopened()
        #expect(total("connections.opened") == 1)
        #expect(total("reconnects") == 0)
        #expect(total("connections.closed") == 0)
        phoenix.connection.vanish()
        #expect(await stage.next() == .waiting)
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        _ = try await stage.reopened()
        #expect(total("connections.opened") == 2)
        #expect(total("reconnects") == 1)
        #expect(total("connections.closed") == 1)
        #expect(total("connections.failed") == 1)
    }

    @Test("what nobody gets is counted by the reason: stale, unknown, undecodable, or a subscriber's full buffer")
    func losses() async throws {
        let stage = try SocketStage { $0.client.metrics = SocketMetrics(factory: metrics) }
        let phoenix = try await stage.open()
        let channel = try await stage.join("topic", at: phoenix)
        let slow = channel.events("news", buffer: EventBuffer(limit: 2))
        let heard = FrameQueue<String>()
        channel.on("last") { _ in heard.add("last") }
        for _ in 0..<5 { try phoenix.push("news", on: "topic") }
        try phoenix.send(.test("phx_reply", on: "topic", reference: 99_999))
        try phoenix.send(.test("news", on: "topic", joinReference: 99_999))
        try phoenix.send(.test("news", on: "elsewhere", joinReference: 99_999))
        phoenix.connection.send(Frame(kind: .text, bytes: "this is no message"))
        try phoenix.push("last", on: "topic")
        #expect(await heard.next() == "last")
        #expect(slow.dropped == 3)
        #expect(total("messages.dropped", [("reason", "full")]) == 3)
        #expect(total("messages.dropped", [("reason", "unknown_reference")]) == 1)
        #expect(total("messages.dropped", [("reason", "stale")]) == 1)
        #expect(total("messages.dropped", [("reason", "not_joined")]) == 1)
        #expect(total("messages.dropped", [("reason", "undecodable")]) == 1)
    }

    @Test("pushes that wait are a level, which goes down again however they end; those never sent are counted")
    func waiting() async throws {
        let stage = try SocketStage {
            $0.client.metrics = SocketMetrics(factory: metrics)
            $0.pushBufferCount = 3
        }
        let phoenix = try await stage.open()
        let channel = stage.socket.channel("topic")
        try channel.join()
        let join = try await phoenix.expectJoin("topic")
        let brief = try channel.push("brief", timeout: .seconds(1))
        let pushes = [try channel.push("first"), try channel.push("second")]
        let refused = try channel.push("one too many")
        guard case .refused = try await refused.outcome else {
            Issue.record("expected the fourth push to be refused")
            return
        }
        #expect(level("pushes.waiting") == 3)
        await stage.pass(.seconds(1))
        #expect(try await brief.outcome == .timeout)
        #expect(level("pushes.waiting") == 2)
        try phoenix.reply(to: join)
        for push in pushes {
            try phoenix.reply(to: try await phoenix.expect(push.event, on: "topic"))
            try await push.response()
        }
        #expect(level("pushes.waiting") == 0)
        #expect(total("pushes.unsent", [("outcome", "refused")]) == 1)
        #expect(total("pushes.unsent", [("outcome", "timeout")]) == 1)
        #expect(metrics.counterTotal(label: "phoenix.pushes.unsent") == 2)
        #expect(metrics.counterTotal(label: "phoenix.pushes") == 2)
    }

    @Test("bytes that wait to be written are a level over all clients, and none is left when a connection is gone")
    func outbound() async throws {
        let shared = SocketMetrics(factory: metrics)
        let frame = Frame(kind: .text, bytes: "0123456789")
        var (one, other): (Outbox?, Outbox?) = (Outbox(metrics: shared), Outbox(metrics: shared))
        one?.add([frame, frame])
        other?.add([frame])
        #expect(level("outbound.bytes") == 30)
        guard case .write = await one?.next() else {
            Issue.record("expected the frames")
            return
        }
        #expect(level("outbound.bytes") == 10)
        one?.close(code: 1000, reason: "")
        one?.add([frame])
        #expect(level("outbound.bytes") == 10)
        (one, other) = (nil, nil)
        #expect(level("outbound.bytes") == 0)
    }

    @Test("no name and no dimension holds a topic, a URL or a secret, whatever goes on")
    func secrets() async throws {
        let dimensions = [("socket", "main")]
        let stage = try SocketStage {
            $0.client.metrics = SocketMetrics(prefix: "app.phoenix", dimensions: dimensions, factory: metrics)
            $0.authToken = { Secret("sesame") }
            $0.parameters = { ["key": "sesame"] }
        }
        let phoenix = try await stage.open()
        let channel = try await stage.join("room:sesame", at: phoenix)
        let push = try channel.push("sesame", ["sesame": "sesame"])
        try phoenix.reply(to: try await phoenix.expect("sesame", on: "room:sesame"), status: "sesame")
        _ = try await push.outcome
        phoenix.connection.vanish()
        #expect(await stage.next() == .waiting)
        var all = metrics.counters.map { ($0.label, $0.dimensions) }
        all += metrics.meters.map { ($0.label, $0.dimensions) }
        all += metrics.timers.map { ($0.label, $0.dimensions) }
        // As many as the table of `SocketMetrics` makes.
        #expect(all.count == 41)
        for (label, dimensions) in all {
            #expect(label.hasPrefix("app.phoenix."))
            #expect(dimensions.contains { $0 == ("socket", "main") })
            #expect(!"\(label) \(dimensions)".contains("sesame"))
        }
    }
}

extension Message {
    fileprivate static func test(
        _ event: String,
        on topic: String,
        joinReference: UInt64? = nil,
        reference: UInt64? = nil
    ) throws -> Message {
        Message(
            joinReference: joinReference.map { Reference($0) },
            reference: reference.map { Reference($0) },
            topic: topic,
            event: event,
            status: event == "phx_reply" ? "ok" : nil,
            payload: try PayloadContent.value([:]).encode(in: JSONSerializer.v2.payloadFormat)
        )
    }
}
