internal import PhoenixKit
internal import Testing

@testable internal import PhoenixLongPoll

@Suite("Outgoing messages", .timeLimit(.minutes(1)))
struct OutgoingTests {
    private static func batches(_ frames: [Frame], lines: Bool = true) throws -> [OutgoingQueue.Batch] {
        var queue = OutgoingQueue()
        queue.append(
            try frames.map {
                try OutgoingMessage($0, isLineBatchable: lines, limits: ConnectionLimits())
            }
        )
        var batches: [OutgoingQueue.Batch] = []
        while let batch = queue.takeBatch() { batches.append(batch) }
        #expect(queue.isEmpty)
        for batch in batches { queue.acknowledge(batch.size) }
        #expect(queue.outstanding == 0)
        return batches
    }

    @Test("B23: lines are separated by line feeds, with none at the end, and the type is exact")
    func lines() throws {
        let batches = try Self.batches([
            .text(#"["1","1","room:a","phx_join",{}]"#), .text(#"["1","2","room:a","echo",{"m":"é☃"}]"#),
        ])
        #expect(
            batches.map(\.body.text) == [
                "[\"1\",\"1\",\"room:a\",\"phx_join\",{}]\n[\"1\",\"2\",\"room:a\",\"echo\",{\"m\":\"é☃\"}]"
            ]
        )
        #expect(batches.map(\.contentType) == ["application/x-ndjson"])
    }

    @Test("B23: a body has at most 100 lines")
    func hundredLines() throws {
        let batches = try Self.batches((0..<250).map { .text("[\($0)]") })
        let lines = batches.map { $0.body.text.split(separator: "\n", omittingEmptySubsequences: false) }
        #expect(lines.map(\.count) == [100, 100, 50])
        #expect(lines.flatMap { $0 }.map(String.init) == (0..<250).map { "[\($0)]" })
    }

    @Test("B23: a body has at most 8,000,000 bytes, separators included")
    func bytes() throws {
        func message(_ size: Int) -> Frame {
            .text(Bytes([UInt8(ascii: "[")] + Array(repeating: 0x20, count: size - 1)))
        }
        let fitting = try Self.batches([message(4_000_000), message(3_999_999)])
        #expect(fitting.map(\.body.count) == [8_000_000])
        let apart = try Self.batches([message(4_000_000), message(4_000_000), message(8_000_000), message(2)])
        #expect(apart.map(\.body.count) == [4_000_000, 4_000_000, 8_000_000, 2])
        let error = #expect(throws: PhoenixError.self) { try Self.batches([message(8_000_001)]) }
        #expect(error?.code == .limitExceeded)
    }

    @Test("binary frames are lines in padded base64, in their place among the texts")
    func binary() throws {
        let batches = try Self.batches([
            .binary([0xFF]), .text("[1]"), .binary([0xFF, 0xFE]), .binary([0, 1, 2]),
            .binary(Bytes("any carnal pleas")),
        ])
        #expect(batches.map(\.body.text) == ["/w==\n[1]\n//4=\nAAEC\nYW55IGNhcm5hbCBwbGVhcw=="])
        let full = try Self.batches([.binary(Bytes(Array(repeating: 0, count: 6_000_000)))])
        #expect(full.map(\.body.count) == [8_000_000])
        let error = #expect(throws: PhoenixError.self) {
            try Self.batches([.binary(Bytes(Array(repeating: 0, count: 6_000_001)))])
        }
        #expect(error?.code == .limitExceeded)
    }

    @Test("B23: maps go one by one as application/json, since a line that does not start with [ is read as base64")
    func maps() throws {
        let batches = try Self.batches([.text(#"{"a":1}"#), .text("{\n}"), .binary([1]), .text("[]")], lines: false)
        #expect(batches.map(\.body.text) == [#"{"a":1}"#, "{\n}", "AQ==", "[]"])
        #expect(
            batches.map(\.contentType) == [
                "application/json", "application/json", "application/x-ndjson", "application/json",
            ]
        )
    }

    @Test("B23: what a server would take for something else is refused", arguments: [true, false])
    func misfits(_ lines: Bool) {
        for frame: Frame in [.text(""), .binary([])] {
            let error = #expect(throws: PhoenixError.self) { try Self.batches([frame], lines: lines) }
            #expect(error?.code == .encoding)
        }
        for text in [" [1]", "{}", "x", "[1]\n", "[1,\n2]", "[1]\r"] where lines {
            let error = #expect(throws: PhoenixError.self) { try Self.batches([.text(text)]) }
            #expect(error?.code == .encoding)
        }
    }

    @Test("messages beyond the connection's limit are refused")
    func limit() {
        let limits = ConnectionLimits(message: 3)
        #expect(throws: Never.self) { try OutgoingMessage(.text("[1]"), isLineBatchable: true, limits: limits) }
        let error = #expect(throws: PhoenixError.self) {
            try OutgoingMessage(.text("[12]"), isLineBatchable: true, limits: limits)
        }
        #expect(error?.code == .limitExceeded)
    }

    @Test("many messages keep their order whatever their sizes", arguments: 0..<4)
    func order(_ round: Int) throws {
        var generator = SeededGenerator.forTests(UInt64(round))
        var frames: [Frame] = []
        for index in 0..<5_000 {
            let padding = String(repeating: " ", count: Int.random(in: 0...40, using: &generator))
            frames.append(.text("[\(index)\(padding)]"))
        }
        let batches = try Self.batches(frames)
        let lines = batches.flatMap { $0.body.text.split(separator: "\n").map(String.init) }
        #expect(lines == frames.map(\.bytes.text))
    }
}
