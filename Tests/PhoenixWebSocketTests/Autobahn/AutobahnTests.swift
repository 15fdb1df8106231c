internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

/// Sections 1 to 7 of the Autobahn test suite, without the suite.
///
/// `scripts/conformance` runs the suite itself.
@Suite("Autobahn", .timeLimit(.minutes(2)))
struct AutobahnTests {
    @Test("Every case of sections 1 to 7 is here")
    func complete() {
        let sections = Dictionary(grouping: AutobahnCase.all) { String($0.case.prefix { $0 != "." }) }
        let counts = ["1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37]
        #expect(sections.mapValues(\.count) == counts)
    }

    @Test(
        "Through the transport, with an echo of every message, the answers and the close are right",
        arguments: AutobahnCase.all
    )
    func conversation(item: AutobahnCase) async throws {
        let connector = ChoppingConnector(cuts: Self.cuts(of: item))
        try await meet(WebSocketTransport(connector: connector)) { peer in
            try await peer.upgrade()
            var answers: [AutobahnCase.Answer] = []
            for step in item.steps {
                switch step {
                case .send(let bytes, _):
                    try await peer.send(bytes)
                case .await(let count):
                    while answers.count < count { answers.append(try Self.answer(await peer.receiveFrame())) }
                }
            }
            var frame = try await peer.receiveFrame()
            while frame.opcode != 0x8 {
                answers.append(try Self.answer(frame))
                frame = try await peer.receiveFrame()
            }
            #expect(item.lax == true || answers == item.expects)
            // A close without a code may be answered by one without.
            #expect(frame.code.map { item.codes.contains($0) } ?? !item.isViolation)
            #expect(frame.isMasked && frame.isFinal)
            if item.closes == .client { try? await peer.send(serverFrame(0x88, frame.payload)) }
            try await peer.close()
        } body: { connection in
            do {
                while let event = try await connection.inbound.next() {
                    switch event {
                    case .frames(let batch):
                        try? await connection.outbound.write(batch.frames)
                    case .closed(let close):
                        #expect(!item.isViolation && close.isClean && !close.isLocal)
                    }
                }
            } catch let error as PhoenixError {
                #expect(item.isViolation || item.lax == true)
                #expect(error.code == .transportProtocol)
            }
        }
    }

    @Test("The parser finds the same however the bytes are cut", arguments: AutobahnCase.all)
    func parsing(item: AutobahnCase) {
        let reads = item.reads
        judge(reads, of: item)
        judge(reads.flatMap { read in read.awaited == nil ? read.bytes.map { ([$0], nil) } : [read] }, of: item)
        var generator = SeededGenerator.forTests(0)
        for _ in 0..<5 {
            let size = Int.random(in: 2...64, using: &generator)
            judge(
                reads.flatMap { read in read.awaited == nil ? cut(read.bytes, every: size).map { ($0, nil) } : [read] },
                of: item
            )
        }
    }

    /// Feeds `reads` to a parser, and compares what an echo would answer to it.
    private func judge(_ reads: [(bytes: [UInt8], awaited: Int?)], of item: AutobahnCase) {
        var parser = FrameParser(limits: ConnectionLimits())
        var codec: (any WireCodec)?
        var answers: [AutobahnCase.Answer] = []
        var code: UInt16?
        var isOver = false
        for read in reads where !isOver {
            if let awaited = read.awaited {
                #expect(answers.count >= awaited)
                continue
            }
            var frames: [Frame] = []
            func echo() {
                answers += frames.map { $0.kind == .text ? .text($0.bytes.array) : .binary($0.bytes.array) }
                frames = []
            }
            read.bytes.withUnsafeBufferPointer { parser.feed($0) }
            do throws(ProtocolViolation) {
                while !isOver, let control = try parser.next(into: &frames, codec: &codec) {
                    echo()
                    switch control {
                    case .ping(let payload): answers.append(.pong(payload.array))
                    case .pong: break
                    case .close(let frame): (isOver, code) = (true, frame.code)
                    }
                }
            } catch {
                (isOver, code) = (true, error.closeCode)
            }
            echo()
        }
        #expect(isOver)
        #expect(item.lax == true || answers == item.expects)
        #expect(code.map { item.codes.contains($0) } ?? !item.isViolation)
    }

    /// Where the reads of a connection end that serves this case: those of the upgrade's answer do not matter.
    private static func cuts(of item: AutobahnCase) -> [Int] {
        var position = PeerConnection.answer(to: "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n").utf8.count
        return [position]
            + item.reads.map { read in
                position += read.bytes.count
                return position
            }
    }

    /// An answer of the client's.
    private static func answer(_ frame: ClientFrame) throws -> AutobahnCase.Answer {
        #expect(frame.isMasked && frame.isFinal)
        switch frame.first {
        case 0x81: return .text(frame.payload)
        case 0x82: return .binary(frame.payload)
        case 0x8A: return .pong(frame.payload)
        default: throw UnexpectedFrame(first: frame.first)
        }
    }

    private struct UnexpectedFrame: Error {
        let first: UInt8
    }
}
