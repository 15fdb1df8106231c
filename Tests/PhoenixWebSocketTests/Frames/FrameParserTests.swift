internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

/// What a parser made of some bytes.
struct Parsed: Equatable {
    var frames: [Frame] = []
    var controls: [ControlFrame] = []
    /// The close code of the violation, if there was one.
    var violation: UInt16?
}

/// Feeds `reads` to a parser as separate reads.
func parse(
    _ reads: [[UInt8]],
    limits: ConnectionLimits = ConnectionLimits(),
    codec: (any WireCodec)? = nil
) -> Parsed {
    var parser = FrameParser(limits: limits, allowsTransformed: codec != nil)
    var codec = codec
    var parsed = Parsed()
    do throws(ProtocolViolation) {
        for read in reads {
            read.withUnsafeBufferPointer { parser.feed($0) }
            while let control = try parser.next(into: &parsed.frames, codec: &codec) { parsed.controls.append(control) }
        }
    } catch {
        parsed.violation = error.closeCode
    }
    return parsed
}

/// Cuts `bytes` into reads of `size`.
func cut(_ bytes: [UInt8], every size: Int) -> [[UInt8]] {
    stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
}

@Suite("FrameParser")
struct FrameParserTests {
    @Test(
        "Messages of every length class come through, whole or cut anywhere (Autobahn 1.1, 1.2, 9.x)",
        arguments: [0, 1, 7, 8, 125, 126, 127, 128, 65_535, 65_536, 200_000]
    )
    func lengths(count: Int) {
        let payload = (0..<count).map { UInt8($0 & 0x7F) }
        for (first, kind) in [(UInt8(0x81), Frame.Kind.text), (0x82, .binary)] {
            let bytes = serverFrame(first, payload)
            let expected = Parsed(frames: [Frame(kind: kind, bytes: Bytes(payload))])
            #expect(parse([bytes]) == expected)
            for size in [1, 2, 3, 997, 65_536] where count < 70_000 || size > 3 {
                #expect(parse(cut(bytes, every: size)) == expected)
            }
        }
    }

    @Test("Several frames of one read share its storage, and their order is kept")
    func severalFrames() {
        let frames = (0..<300).map { Frame.text("message \($0)") }
        let bytes = frames.flatMap { serverFrame(0x81, $0.bytes.array) }
        #expect(parse([bytes]).frames == frames)
        for size in [1, 5, 11, 64, 1000] { #expect(parse(cut(bytes, every: size)).frames == frames) }
        let addresses = parse([bytes]).frames.map { frame in
            frame.bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        }
        for (index, pair) in zip(addresses, addresses.dropFirst()).enumerated() {
            #expect(pair.1 &- pair.0 == UInt(frames[index].bytes.count + 2))
        }
    }

    @Test("What the recorded server sent reads as what it meant")
    func recorded() {
        #expect(parse([[0x88, 0x02, 0x03, 0xEA]]).controls == [.close(CloseFrame(code: 1002, reason: ""))])
        #expect(parse([[0x88, 0x02, 0x03, 0xEF]]).controls == [.close(CloseFrame(code: 1007, reason: ""))])
    }

    @Test("Pings and pongs come out with their payload (Autobahn 2.1–2.9)", arguments: [0, 5, 125])
    func pings(count: Int) {
        let payload = [UInt8](repeating: 0xFE, count: count)
        let bytes = serverFrame(0x89, payload) + serverFrame(0x8A, payload)
        let expected = Parsed(controls: [.ping(Bytes(payload)), .pong(Bytes(payload))])
        #expect(parse([bytes]) == expected)
        #expect(parse(cut(bytes, every: 1)) == expected)
    }

    @Test(
        "Broken framing is refused with 1002 as soon as the bytes that show it are there",
        arguments: [
            ("RSV1 without an extension (3.1)", [0xC1, 0x00]), ("RSV2 (3.2)", [0xA1]), ("RSV3 (3.3)", [0x91]),
            ("RSV on a ping (3.5)", [0xC9, 0x00]), ("RSV on a close (3.6)", [0xE8]),
            ("reserved opcode 3 (4.1.1)", [0x83]), ("reserved opcode 4", [0x84]), ("reserved opcode 5", [0x85]),
            ("reserved opcode 6", [0x86]), ("reserved opcode 7", [0x87]), ("reserved opcode 11 (4.2.1)", [0x8B]),
            ("reserved opcode 12", [0x8C]), ("reserved opcode 13", [0x8D]), ("reserved opcode 14", [0x8E]),
            ("reserved opcode 15", [0x8F]), ("a masked frame", [0x81, 0x80]), ("a masked ping", [0x89, 0x81]),
            ("a fragmented ping (5.1)", [0x09]), ("a fragmented pong (5.2)", [0x0A]), ("a fragmented close", [0x08]),
            ("a ping of 126 bytes (2.5)", [0x89, 126]), ("a close of 126 bytes (7.3.6)", [0x88, 126]),
            ("a ping of 2^63 bytes", [0x89, 127]),
            ("125 in two bytes", [0x81, 126, 0, 125]),
            ("65,535 in eight bytes", [0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255]),
            ("a length with the top bit", [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            ("a continuation without a start (5.9–5.14)", [0x80, 0]), ("the same, not final", [0x00, 0]),
            ("a close frame of one byte (7.3.2)", [0x88, 1, 3]),
        ] as [(String, [UInt8])]
    )
    func brokenFraming(name: String, bytes: [UInt8]) {
        #expect(parse([bytes]).violation == 1002)
        #expect(parse(cut(bytes, every: 1)).violation == 1002)
        let good = serverFrame(0x81, "good")
        #expect(parse([good + bytes]) == Parsed(frames: [.text("good")], violation: 1002))
    }

    @Test(
        "A new message inside a fragmented one is refused (Autobahn 5.18)",
        arguments: [UInt8(0x81), 0x01, 0x82, 0x02]
    )
    func interleaved(first: UInt8) {
        #expect(parse([serverFrame(0x01, "a") + serverFrame(first, "b")]).violation == 1002)
    }

    @Test("Fragments are joined, also with control frames between them, however they are cut (Autobahn 5.3–5.8, 5.19)")
    func fragments() {
        let bytes =
            serverFrame(0x01, "frag") + serverFrame(0x89, "ping") + serverFrame(0x00, "") + serverFrame(0x00, "men")
            + serverFrame(0x8A, "") + serverFrame(0x80, "ts") + serverFrame(0x02, [1]) + serverFrame(0x80, [2])
            + serverFrame(0x81, "end")
        let expected = Parsed(
            frames: [.text("fragments"), .binary([1, 2]), .text("end")],
            controls: [.ping(Bytes("ping")), .pong(Bytes())]
        )
        for size in [1, 2, 3, 4, 7, 10, 1000] { #expect(parse(cut(bytes, every: size)) == expected) }
    }

    @Test("Empty fragments are allowed and take no memory (Autobahn 6.1.2)")
    func emptyFragments() {
        let bytes =
            serverFrame(0x01, "") + (0..<100_000).flatMap { _ in serverFrame(0x00, "") } + serverFrame(0x80, "x")
        #expect(parse(cut(bytes, every: 65_536)) == Parsed(frames: [.text("x")]))
        #expect(parse([serverFrame(0x01, "") + serverFrame(0x00, "") + serverFrame(0x80, "")]).frames == [.text("")])
    }

    @Test("Fragments that never end are refused, empty ones too: as many as the message may have bytes, or 1,024")
    func endlessFragments() {
        var limits = ConnectionLimits()
        for (message, most) in [(2_000, 2_000), (100, 1_024), (0, 1_024)] {
            limits.message = message
            let start = serverFrame(0x01, "") + (1..<most).flatMap { _ in serverFrame(0x00, "") }
            #expect(parse([start], limits: limits) == Parsed())
            #expect(parse([start, serverFrame(0x80, "")], limits: limits).violation == 1009)
            #expect(parse([start.dropLast(2) + serverFrame(0x80, "")], limits: limits).frames == [.text("")])
        }
    }

    @Test("Sizes beyond the limits are refused from the header, before anything is kept")
    func limits() {
        var limits = ConnectionLimits()
        limits.frame = 1000
        limits.message = 1500
        #expect(parse([serverFrame(0x82, [UInt8](repeating: 0, count: 1000))], limits: limits).frames.count == 1)
        #expect(parse([[0x82, 126, 0x03, 0xE9]], limits: limits).violation == 1009)
        #expect(parse([[0x82, 127, 0x7F, 255, 255, 255, 255, 255, 255, 255]], limits: limits).violation == 1009)
        let part = serverFrame(0x02, [UInt8](repeating: 0, count: 1000))
        #expect(parse([part, [0x80, 126, 0x01, 0xF4]], limits: limits).violation == nil)
        #expect(parse([part, [0x80, 126, 0x01, 0xF5]], limits: limits).violation == 1009)
        limits.frame = .max
        limits.message = .max
        #expect(parse([[0x82, 127, 0x7F, 255, 255, 255, 255, 255, 255, 255], [1, 2, 3]], limits: limits) == Parsed())
        limits.message = .min
        #expect(parse([[0x82, 1]], limits: limits).violation == 1009)
    }

    @Test("A frame of 10 MB costs linear time in reads of 64 kB, and a drip of single bytes does too")
    func linear() {
        let payload = [UInt8](repeating: 7, count: 9_999_999)
        let clock = ContinuousClock()
        var parsed = Parsed()
        let large = clock.measure { parsed = parse(cut(serverFrame(0x82, payload), every: 65_536)) }
        #expect(parsed.frames == [.binary(Bytes(payload))])
        // Quadratic copying would take 800 MB here and 200 GB below; the bounds are far from what is needed.
        #expect(large < .seconds(20))
        let drip = serverFrame(0x82, Array(payload.prefix(700_000)))
        let slow = clock.measure { parsed = parse(cut(drip, every: 1)) }
        #expect(parsed.frames.first?.bytes.count == 700_000)
        #expect(slow < .seconds(40))
    }

    @Test("B28: whatever comes, the parser answers or refuses, however the bytes are cut", arguments: 0..<20)
    func garbage(round: UInt64) {
        var generator = SeededGenerator.forTests(round)
        for _ in 0..<300 {
            var bytes: [UInt8] = []
            while bytes.count < 400 {
                if Bool.random(using: &generator) {
                    let opcodes: [UInt8] = [0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x88, 0x89, 0x8A]
                    let count = Int.random(in: 0...140, using: &generator)
                    let payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) & 0x7F }
                    bytes += serverFrame(opcodes.randomElement(using: &generator) ?? 0x81, payload)
                } else {
                    bytes.append(UInt8.random(in: 0...255, using: &generator))
                }
            }
            let whole = parse([bytes])
            let size = Int.random(in: 1...50, using: &generator)
            let parts = parse(cut(bytes, every: size))
            #expect(whole == parts, "seed \(SeededGenerator.seed), round \(round), reads of \(size)")
        }
    }
}

@Suite("CloseFrame")
struct CloseFrameTests {
    @Test(
        "Codes that may be sent are taken (Autobahn 7.7)",
        arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
            as [UInt16]
    )
    func goodCodes(code: UInt16) {
        let expected = Parsed(controls: [.close(CloseFrame(code: code, reason: "why"))])
        #expect(parse([serverFrame(0x88, closePayload(code, "why"))]) == expected)
    }

    @Test(
        "Codes that must not be sent are refused with 1002 (Autobahn 7.9, 7.13)",
        arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] as [UInt16]
    )
    func badCodes(code: UInt16) {
        #expect(parse([serverFrame(0x88, closePayload(code))]) == Parsed(violation: 1002))
    }

    @Test("An empty close frame has no code, and a reason of 123 bytes fits (Autobahn 7.3.1, 7.3.5)")
    func edges() {
        #expect(parse([serverFrame(0x88, [])]).controls == [.close(CloseFrame(code: nil, reason: ""))])
        let reason = String(repeating: "x", count: 123)
        #expect(
            parse([serverFrame(0x88, closePayload(1000, reason))]).controls
                == [.close(CloseFrame(code: 1000, reason: reason))]
        )
    }

    @Test("A reason that is not UTF-8 is refused with 1007 (Autobahn 7.5.1)")
    func badReason() {
        #expect(parse([serverFrame(0x88, closePayload(1000) + [0xCE, 0xBA, 0xED, 0xA0, 0x80])]).violation == 1007)
    }

    @Test("A reason is cut to 123 bytes at the end of a character, and a code that cannot be sent becomes 1000")
    func fitting() {
        let close = CloseFrame(fittingCode: 1006, reason: String(repeating: "ä", count: 62))
        #expect(close.code == 1000 && close.reason == String(repeating: "ä", count: 61))
        let flag = CloseFrame(fittingCode: 3001, reason: String(repeating: "x", count: 120) + "🇩🇪")
        #expect(flag.code == 3001 && flag.reason == String(repeating: "x", count: 120))
        #expect(close.payload.count == 124)
    }
}
