internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

@Suite("Text messages are UTF-8")
struct TextTests {
    /// Autobahn 6.5–6.11, 6.22, 6.23: what must be taken.
    static let valid: [[UInt8]] = [
        Array("κόσμε".utf8), [0x00], [0xC2, 0x80], [0xE0, 0xA0, 0x80], [0xF0, 0x90, 0x80, 0x80], [0x7F], [0xDF, 0xBF],
        [0xEF, 0xBF, 0xBF], [0xF4, 0x8F, 0xBF, 0xBF], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBD],
        [0xEF, 0xBF, 0xBE], [0xF0, 0x9F, 0xBF, 0xBE], [0xF3, 0xBF, 0xBF, 0xBF], Array("Hello-µ@ßöäüàá-UTF-8!!".utf8),
        Array("🇩🇪👩‍👩‍👧‍👦 𝄞 😀".utf8), Array(String(repeating: "äöü€𝄞", count: 40).utf8),
    ]

    /// Autobahn 6.3, 6.6, 6.8, 6.10, 6.12–6.21: what must be refused.
    static let invalid: [[UInt8]] = [
        [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xCE, 0xBC, 0xCE, 0xB5, 0xED, 0xA0, 0x80, 0x65, 0x64, 0x69, 0x74],
        [0xCE], [0xCE, 0xBA, 0xE1], [0xCE, 0xBA, 0xE1, 0xBD], [0xF8, 0x88, 0x80, 0x80, 0x80],
        [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80], [0xF7, 0xBF, 0xBF, 0xBF], [0xFB, 0xBF, 0xBF, 0xBF, 0xBF],
        [0xFD, 0xBF, 0xBF, 0xBF, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xBF], [0x80, 0xBF],
        [0x80, 0xBF, 0x80, 0xBF, 0x80, 0xBF], [0xC0, 0x20, 0xC1, 0x20], [0xE0, 0x20], [0xF0, 0x20], [0xF5], [0xC0],
        [0xE0, 0x80], [0xF0, 0x80, 0x80], [0xDF], [0xEF, 0xBF], [0xF7, 0xBF, 0xBF], [0xFE], [0xFF],
        [0xFE, 0xFE, 0xFF, 0xFF], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0xAF], [0xC1, 0xBF],
        [0xE0, 0x9F, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xED, 0xAD, 0xBF],
        [0xED, 0xAE, 0x80], [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80],
    ]

    @Test("UTF-8 is taken whole, in fragments and byte by byte", arguments: valid)
    func taken(bytes: [UInt8]) {
        let expected = [Frame.text(Bytes(bytes))]
        #expect(parse([serverFrame(0x81, bytes)]).frames == expected)
        #expect(parse(cut(serverFrame(0x81, bytes), every: 1)).frames == expected)
        for index in 0...bytes.count {
            let fragments = serverFrame(0x01, Array(bytes[..<index])) + serverFrame(0x80, Array(bytes[index...]))
            #expect(parse([fragments]).frames == expected)
            #expect(parse(cut(fragments, every: 1)).frames == expected)
        }
    }

    @Test("Anything else is refused with 1007, wherever in a message it stands", arguments: invalid)
    func refused(bytes: [UInt8]) {
        for padding in [0, 1, 7, 31, 32, 33, 70] {
            let text = [UInt8](repeating: 0x61, count: padding) + bytes
            #expect(parse([serverFrame(0x81, text)]).violation == 1007)
            #expect(parse(cut(serverFrame(0x81, text), every: 1)).violation == 1007)
            for index in 0...text.count {
                let fragments = serverFrame(0x01, Array(text[..<index])) + serverFrame(0x80, Array(text[index...]))
                #expect(parse([fragments]).violation == 1007)
            }
        }
        #expect(parse([serverFrame(0x82, bytes)]).frames == [.binary(Bytes(bytes))])
    }

    @Test("A fragment that cannot become UTF-8 is refused before the message ends (Autobahn 6.4)")
    func failsFast() {
        let good: [UInt8] = [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xCE, 0xBC, 0xCE, 0xB5]
        #expect(parse([serverFrame(0x01, good)]).violation == nil)
        #expect(parse([serverFrame(0x01, good), serverFrame(0x00, [0xF4, 0x90])]).violation == 1007)
        #expect(parse([serverFrame(0x01, good), [0x00, 100, 0xF4]]).violation == nil)
        #expect(parse([serverFrame(0x01, good), [0x00, 100, 0xF4, 0x90]]).violation == 1007)
        #expect(parse([[0x81, 100, 0x61, 0xFF]]).violation == 1007)
    }

    @Test("Control frames between the fragments of a text do not disturb its check")
    func controlsBetween() {
        let bytes = serverFrame(0x01, [0xCE]) + serverFrame(0x89, [0xFF, 0xFE]) + serverFrame(0x80, [0xBA])
        for size in [1, 2, 100] { #expect(parse(cut(bytes, every: size)).frames == [.text("κ")]) }
    }

    @Test("The validator agrees with the standard library on random bytes")
    func agreement() {
        var generator = SeededGenerator.forTests(1)
        let interesting: [UInt8] = [
            0x20, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4,
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...12, using: &generator)
            let bytes = (0..<count).map { _ in interesting.randomElement(using: &generator) ?? 0 }
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            #expect(bytes.withUnsafeBufferPointer { UTF8Validator.isValid($0) } == isValid, "\(bytes)")
        }
    }
}
