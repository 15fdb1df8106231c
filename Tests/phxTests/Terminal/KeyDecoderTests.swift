import Testing

@testable import phx

@Suite("Keys from bytes")
struct KeyDecoderTests {
    private func keys(_ parts: [UInt8]...) -> [Key] {
        var decoder = KeyDecoder()
        return parts.flatMap { decoder.keys(from: $0) }
    }

    @Test("letters, enter, tab and control keys")
    func plain() {
        #expect(keys(Array("a~".utf8)) == [.scalar("a"), .scalar("~")])
        #expect(keys([0x0D], [0x0A]) == [.enter, .enter])
        #expect(keys([0x08, 0x7F]) == [.backspace, .backspace])
        #expect(keys([0x01, 0x05, 0x15, 0x0B, 0x17, 0x03, 0x04]) == "aeukwcd".map { .control($0) })
        #expect(keys([0x00, 0x1C, 0x1F]) == [.unknown, .unknown, .unknown])
    }

    @Test(
        "escape sequences of several terminals",
        arguments: [
            ("[A", Key.up), ("[B", .down), ("[C", .right), ("[D", .left), ("OA", .up), ("OD", .left), ("[H", .home),
            ("[F", .end), ("OH", .home), ("OF", .end), ("[1~", .home), ("[4~", .end), ("[7~", .home), ("[8~", .end),
            ("[3~", .delete), ("[1;5C", .wordRight), ("[1;5D", .wordLeft), ("[1;3D", .wordLeft), ("b", .wordLeft),
            ("f", .wordRight), ("[5~", .unknown), ("[Z", .unknown), ("x", .unknown), ("OM", .enter),
        ]
    )
    func sequences(text: String, key: Key) {
        let bytes = [0x1B] + Array(text.utf8)
        #expect(keys(bytes) == [key])
        #expect(keys([0x1B], Array(text.utf8)) == [key], "in two parts")
        var decoder = KeyDecoder()
        #expect(bytes.flatMap { decoder.keys(from: [$0]) } == [key], "byte by byte")
    }

    @Test("UTF-8 of every length, whole and in parts")
    func characters() {
        let text = "aä€😀"
        #expect(keys(Array(text.utf8)) == text.unicodeScalars.map { .scalar($0) })
        var decoder = KeyDecoder()
        #expect(text.utf8.flatMap { decoder.keys(from: [$0]) } == text.unicodeScalars.map { .scalar($0) })
    }

    @Test("malformed UTF-8 becomes U+FFFD and swallows nothing that follows")
    func malformed() {
        #expect(keys([0xC3, 0x61]) == [.scalar("\u{FFFD}"), .scalar("a")])
        #expect(keys([0xFF, 0x61]) == [.scalar("\u{FFFD}"), .scalar("a")])
        #expect(keys([0xE2, 0x82, 0x0D]) == [.scalar("\u{FFFD}"), .enter])
        #expect(keys([0xED, 0xA0, 0x80, 0x61]).last == .scalar("a"), "a surrogate")
        #expect(keys([0x80]) == [.scalar("\u{FFFD}")])
    }

    @Test("an endless sequence is given up, a broken one ends at once")
    func boundedSequence() {
        let endless = [0x1B, UInt8(ascii: "[")] + [UInt8](repeating: UInt8(ascii: "1"), count: 100)
        #expect(keys(endless).first == .unknown)
        #expect(keys([0x1B, UInt8(ascii: "["), 0x03, 0x61]) == [.unknown, .scalar("a")])
        #expect(keys([0x1B, 0x1B, UInt8(ascii: "["), UInt8(ascii: "A")]) == [.up])
    }

    @Test("takes any bytes whatever")
    func anyBytes() {
        var generator = Generator(seed: 7)
        var decoder = KeyDecoder()
        var count = 0
        for _ in 0..<2_000 {
            let bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
            count += decoder.keys(from: bytes).count
        }
        #expect(count > 0)
    }
}
