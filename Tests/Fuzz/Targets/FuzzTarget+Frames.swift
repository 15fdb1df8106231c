internal import NIOCore
internal import PhoenixKit

@testable internal import PhoenixWebSocket

extension FuzzTarget {
    /// The frame parser.
    ///
    /// The first byte chooses limits and extension, the others are what the server sends. The parser must agree with the
    /// model, whatever reads the bytes come in; what it took must come back from what is written of it.
    static func frames(_ corpus: Corpus) -> FuzzTarget {
        let messages = (corpus.texts.map { serverFrame(0x81, $0) } + corpus.binaries.map { serverFrame(0x82, $0) })
        let conversations = stride(from: 0, to: messages.count, by: 4).map { start in
            messages[start..<min(start + 4, messages.count)].reduce([], +)
        }
        return FuzzTarget(
            "frames",
            seeds: (corpus.serverFrames + messages + conversations).filter { $0.count < 2_000 }.map { [0] + $0 },
            tokens: [
                [0x81, 0x00], [0x01, 0x01, 0x61], [0x00, 0x00], [0x80, 0x00], [0x88, 0x02, 0x03, 0xE8], [0x89, 0x00],
                [0x8A, 0x7D], [0x82, 0x7E, 0x00, 0x7E], [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0], [0xC1, 0x01], [0x91],
                [0xED, 0xA0],
                [0xF0, 0x9F, 0x98, 0x80], [0xCE, 0xBA], [0xF4, 0x90],
            ],
            grow: { dice in
                var stream = [dice.chance(3) ? dice.byte() : 0]
                for _ in 0...dice.below(8) { stream += frame(&dice) }
                return stream
            },
            examine: { examineFrames($0) }
        )
    }

    /// A frame that is right more often than not.
    private static func frame(_ dice: inout Dice) -> [UInt8] {
        let opcodes: [UInt8] = [
            0x81, 0x81, 0x82, 0x01, 0x02, 0x00, 0x00, 0x80, 0x80, 0x88, 0x89, 0x8A, 0xC1, 0x41, 0xC2,
        ]
        let first = dice.pick(opcodes, or: 0x81)
        switch first {
        case 0x88:
            let code = dice.pick([999, 1000, 1001, 1004, 1006, 1011, 1015, 3000, 5000], or: 1000)
            let reason = dice.chance(2) ? [] : text(&dice, 12)
            return serverFrame(first, [UInt8(code >> 8), UInt8(code & 255)] + reason)
        case 0x82, 0x02, 0x89, 0x8A, 0xC1, 0x41, 0xC2:
            return serverFrame(first, dice.bytes(dice.chance(20) ? dice.below(300) : dice.below(20)))
        default:
            return serverFrame(first, text(&dice, dice.chance(20) ? 140 : 10))
        }
    }

    private static func text(_ dice: inout Dice, _ count: Int) -> [UInt8] {
        let characters: [[UInt8]] = [
            [0x61], [0x20], [0x7F], [0xC3, 0xA4], [0xE2, 0x82, 0xAC], [0xF0, 0x9D, 0x84, 0x9E], [0xE2],
        ]
        return (0..<dice.below(count + 1)).flatMap { _ in
            dice.pick(dice.chance(30) ? characters : Array(characters.dropLast()), or: [])
        }
    }

    /// A server's frame with this first byte.
    static func serverFrame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let count = payload.count
        if count <= 125 { return [first, UInt8(count)] + payload }
        if count <= 65_535 { return [first, 126, UInt8(count >> 8), UInt8(count & 255)] + payload }
        return [first, 127] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) } + payload
    }

    private static func examineFrames(_ input: [UInt8]) -> Bool {
        guard let choice = input.first else { return false }
        let stream = Array(input.dropFirst())
        var limits = ConnectionLimits()
        if choice & 1 != 0 { (limits.frame, limits.message) = (60, 100) }
        if choice & 2 != 0 { limits.inflatedMessage = 50 }
        let hasExtension = choice & 4 != 0
        let model = FrameModel(
            frameLimit: limits.frame,
            messageLimit: limits.message,
            inflatedLimit: limits.inflatedMessage,
            hasExtension: hasExtension
        )

        let expected = model.read(stream)
        // A message of two bytes is a frame of four words.
        let bound = 16_384 + 100 * stream.count
        let whole = Meter.bounded(bound) { parse([stream], limits, hasExtension) }
        require(whole == expected, "the parser reads \(whole), the model \(expected)")
        let reads = cut(stream)
        let parts = Meter.bounded(bound) { parse(reads, limits, hasExtension) }
        require(parts == whole, "in reads of \(reads.map(\.count)) the parser reads \(parts), at once \(whole)")

        for frame in whole.frames {
            require(frame.kind == .binary || frame.bytes.validatedText != nil, "text to be UTF-8")
        }
        let again = whole.frames.flatMap { serverFrame($0.kind == .text ? 0x81 : 0x82, $0.bytes.array) }
        let back = parse([again], ConnectionLimits(), false)
        require(back.frames == whole.frames && back.violation == nil, "what was read to come back")
        if let frame = whole.frames.first { examineWriter(frame) }
        return whole.violation == nil
    }

    /// What the client writes must be what it was given, masked.
    private static func examineWriter(_ frame: Frame) {
        var writer = FrameWriter { 0xA1B2_C3D4_0000_0000 }
        var buffer = ByteBuffer()
        writer.write(frame.bytes, kind: frame.kind, transformed: false, into: &buffer)
        let bytes = Array(buffer.readableBytesView)
        let header = serverFrame(frame.kind == .text ? 0x81 : 0x82, frame.bytes.array).dropLast(frame.bytes.count)
        let mask: [UInt8] = [0xA1, 0xB2, 0xC3, 0xD4]
        let payload = frame.bytes.enumerated().map { $0.element ^ mask[$0.offset & 3] }
        var expected = Array(header)
        expected[1] |= 0x80
        require(bytes == expected + mask + payload, "a frame to be written as RFC 6455 says")
    }

    private static func parse(
        _ reads: [[UInt8]],
        _ limits: ConnectionLimits,
        _ hasExtension: Bool
    ) -> FrameModel.Contents {
        var parser = FrameParser(limits: limits, allowsTransformed: hasExtension)
        var codec: (any WireCodec)? = hasExtension ? InvertingCodec() : nil
        var contents = FrameModel.Contents()
        do throws(ProtocolViolation) {
            for read in reads {
                read.withUnsafeBufferPointer { parser.feed($0) }
                while let control = try parser.next(into: &contents.frames, codec: &codec) {
                    switch control {
                    case .ping(let payload): contents.controls.append([9] + payload.array)
                    case .pong(let payload): contents.controls.append([10] + payload.array)
                    case .close(let close): contents.controls.append([8] + close.payload.array)
                    }
                }
            }
        } catch {
            contents.violation = error.closeCode
        }
        return contents
    }

    /// Cuts `bytes` into parts that depend on nothing else.
    static func cut(_ bytes: [UInt8]) -> [[UInt8]] {
        var dice = Dice(seed: bytes.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 })
        let most = dice.pick([1, 2, 5, 16, 64], or: 1)
        var parts: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(1 + dice.below(most))
            parts.append(Array(part))
            rest = rest.dropFirst(part.count)
        }
        return parts
    }

    /// An extension that turns the bits of messages round.
    private struct InvertingCodec: WireCodec {
        func encode(_ message: Bytes, kind: Frame.Kind) -> (bytes: Bytes, transformed: Bool) {
            (Bytes(message.map { ~$0 }), true)
        }

        func decode(_ part: Bytes, isLast: Bool, into message: inout [UInt8]) {
            message += part.map { ~$0 }
        }
    }
}
