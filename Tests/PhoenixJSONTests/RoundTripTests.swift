import Foundation
import PhoenixKit
import Testing

@testable import PhoenixJSON

/// Random messages there and back, in both versions and both roles; random damage on the way.
@Suite struct RoundTripTests {
    private func text(_ seed: inout Seed) -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "Z", "0", ":", " ", "\"", "\\", "/", "\n", "\r", "\t", "\0", "\u{1F}", "\u{7F}", "é", "☃", "😀",
            "\u{2028}",
            "\u{FFFF}", "\u{10FFFF}", "\u{301}", "[", "]", "{", "}", ",",
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<seed.below(seed.chance(20) ? 60 : 12) { text.append(alphabet[seed.below(alphabet.count)]) }
        return String(text)
    }

    private func value(_ seed: inout Seed, depth: Int = 0) -> Value {
        switch seed.below(depth > 4 ? 7 : 9) {
        case 0: return .null
        case 1: return .boolean(seed.chance(2))
        case 2: return .signed(seed.chance(2) ? Int64(seed.below(1000)) - 500 : Int64(bitPattern: seed.next()))
        case 3: return Value(seed.next())
        case 4:
            let double = Double(bitPattern: seed.next())
            return .double(double.isFinite ? double : 0.5)
        case 5, 6: return .string(text(&seed))
        case 7: return .array((0..<seed.below(4)).map { _ in value(&seed, depth: depth + 1) })
        default:
            var members: [String: Value] = [:]
            for _ in 0..<seed.below(4) { members[text(&seed)] = value(&seed, depth: depth + 1) }
            return .object(members)
        }
    }

    private func reference(_ seed: inout Seed) -> Reference? {
        switch seed.below(6) {
        case 0: nil
        case 1, 2: Reference(UInt64(seed.below(100_000)))
        case 3: Reference(seed.next(), quoted: seed.chance(2))
        case 4: Reference(text: text(&seed) + "x")
        default: Reference(numberLiteral: ["-1", "1.5", "1e3", "18446744073709551616", "0"][seed.below(5)])
        }
    }

    private func message(_ seed: inout Seed, isBinary: Bool) throws -> Message {
        let isReply = seed.chance(3)
        let payload =
            isBinary
            ? Payload(binary: Bytes((0..<seed.below(40)).map { _ in UInt8(truncatingIfNeeded: seed.next()) }))
            : Payload(try JSONFormat().encode(value: value(&seed)), format: JSONFormat())
        return Message(
            joinReference: reference(&seed),
            reference: reference(&seed),
            topic: text(&seed),
            event: isReply ? "phx_reply" : text(&seed),
            status: isReply ? text(&seed) : nil,
            payload: payload
        )
    }

    /// The same message, if the wire says so: a reference compares by what it names, so its form is compared apart.
    private func isSame(_ left: Message, _ right: Message) -> Bool {
        left == right && left.reference?.isQuoted == right.reference?.isQuoted
            && left.joinReference?.isQuoted == right.joinReference?.isQuoted
    }

    /// The short way reads nothing else than the scanner does, and accepts nothing that it refuses.
    @Test func theShortWayAgreesWithTheScanner() throws {
        var seed = Seed("the short way")
        let strewn: [UInt8] = Array("{}[]\",:\\ \n0123456789.-+eEntu\0\u{1F}".utf8) + [0x80, 0xC3, 0xFF]
        for _ in 0..<20_000 {
            var text = try JSONSerializer.v2.encode(message(&seed, isBinary: false), as: .server).bytes.array
            for _ in 0..<seed.below(3) {
                let index = seed.below(text.count)
                switch seed.below(3) {
                case 0: text[index] = strewn[seed.below(strewn.count)]
                case 1: text.insert(strewn[seed.below(strewn.count)], at: index)
                default: text.removeSubrange(index..<min(text.count, index + 1 + seed.below(4)))
                }
            }
            if seed.chance(8) { text.append(strewn[seed.below(strewn.count)]) }
            let frame = Bytes(text)
            let short = try? V2Text.decode(frame)
            let scanned = try? V2Text.scanned(frame)
            #expect(short == scanned, "\(String(decoding: text, as: UTF8.self))")
            guard let payload = short?.payload else { continue }
            let value = try payload.value()
            for key in ["", "a", "é"] + (value.object.map { Array($0.keys) } ?? []) {
                #expect(try payload[key]?.value() == value[key], "\(String(decoding: text, as: UTF8.self))")
            }
        }
    }

    @Test func textOfVersion2ComesBack() throws {
        var seed = Seed("text of version 2")
        for _ in 0..<3_000 {
            let message = try message(&seed, isBinary: false)
            for role in Role.allCases {
                let frame = try JSONSerializer.v2.encode(message, as: role)
                #expect(frame.kind == .text)
                #expect(frame.bytes[0] == UInt8(ascii: "["))
                #expect(!frame.bytes.contains { $0 < 0x20 })
                #expect(isSame(try JSONSerializer.v2.decode(frame, as: role.peer), message))
            }
        }
    }

    @Test func textOfVersion1ComesBack() throws {
        var seed = Seed("text of version 1")
        for _ in 0..<3_000 {
            var message = try message(&seed, isBinary: false)
            let sent = try JSONSerializer.v1.encode(message, as: .client)
            #expect(isSame(try JSONSerializer.v1.decode(sent, as: .server), message))
            let answered = try JSONSerializer.v1.encode(message, as: .server)
            // The server keeps the join reference to itself.
            message.joinReference = nil
            #expect(isSame(try JSONSerializer.v1.decode(answered, as: .client), message))
            #expect(!sent.bytes.contains { $0 < 0x20 })
        }
    }

    @Test func binaryOfVersion2ComesBack() throws {
        var seed = Seed("binary frames")
        for _ in 0..<3_000 {
            var message = try message(&seed, isBinary: true)
            let answered = try JSONSerializer.v2.encode(message, as: .server)
            let received = try JSONSerializer.v2.decode(answered, as: .client)
            var expected = message
            // A server's push has no room for the reference.
            if message.status == nil { expected.reference = nil }
            #expect(named(received) == named(expected))

            if message.status != nil {
                message.status = nil
                message.eventBytes = Bytes("event")
            }
            let sent = try JSONSerializer.v2.encode(message, as: .client)
            #expect(named(try JSONSerializer.v2.decode(sent, as: .server)) == named(message))
        }
    }

    /// With references as the text that they are in binary frames.
    private func named(_ message: Message) -> Message {
        var message = message
        message.reference = message.reference.map { Reference(text: $0.text) }
        message.joinReference = message.joinReference.map { Reference(text: $0.text) }
        return message
    }

    @Test func valuesComeBack() throws {
        var seed = Seed("values")
        let format = JSONFormat()
        for _ in 0..<3_000 {
            let value = value(&seed)
            let bytes = try format.encode(value: value)
            #expect(try format.value(of: bytes) == value)
            #expect(try format.encode(value) == bytes)
            #expect(throws: Never.self) {
                try JSONSerialization.jsonObject(with: Data(bytes.array), options: .fragmentsAllowed)
            }
        }
    }

    /// Frames of all kinds, a few of their bytes changed, added or lost.
    ///
    /// Whatever is let through holds together.
    @Test func damagedFramesThrowOrRead() throws {
        var seed = Seed("damaged frames")
        var samples: [Frame] = Recording.frames.map(\.frame).filter { $0.bytes.count < 400 }
        for _ in 0..<200 {
            samples.append(try JSONSerializer.v2.encode(message(&seed, isBinary: false), as: .client))
            samples.append(try JSONSerializer.v1.encode(message(&seed, isBinary: false), as: .server))
            samples.append(try JSONSerializer.v2.encode(message(&seed, isBinary: true), as: .server))
        }
        let pieces = Array("[]{}\",:\\u0019aedDnt.-+ \u{1}\u{80}\u{FF}".unicodeScalars.map { UInt8($0.value) })
        var read = 0
        for _ in 0..<200_000 {
            let sample = samples[seed.below(samples.count)]
            var bytes = sample.bytes.array
            for _ in 0...seed.below(3) {
                let piece = seed.chance(4) ? UInt8(truncatingIfNeeded: seed.next()) : pieces[seed.below(pieces.count)]
                let index = seed.below(bytes.count + 1)
                switch seed.below(4) {
                case 0: bytes.insert(piece, at: index)
                case 1 where index < bytes.count: bytes.remove(at: index)
                case 2: bytes.removeSubrange(index...)
                default: if index < bytes.count { bytes[index] = piece }
                }
            }
            let frame = Frame(kind: seed.chance(8) ? .binary : sample.kind, bytes: Bytes(bytes))
            let role: Role = seed.chance(2) ? .client : .server
            let serializer: JSONSerializer = seed.chance(2) ? .v1 : .v2
            guard let message = try? serializer.decode(frame, as: role) else { continue }
            read += 1
            if read % 8 == 0, !Exercise.touch(message) { Issue.record("does not hold together: \(frame.bytes.array)") }
        }
        #expect(read > 0)
    }
}
