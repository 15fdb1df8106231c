import PhoenixKit
import PhoenixUnixLines
import Testing

@Suite("The framing of lines")
struct LineFramingTests {
    @Test("frames are read whole, in parts, and not at all")
    func framing() throws {
        var buffer = try LineFraming.encode(.text("é")) + LineFraming.encode(.binary([0, 10]))
        #expect(try LineFraming.decode(&buffer, limit: 10) == .text("é"))
        #expect(try LineFraming.decode(&buffer, limit: 10) == .binary([0, 10]))
        #expect(buffer.isEmpty)
        let whole = try LineFraming.encode(.text("abc"))
        for count in 0..<whole.count {
            var part = Array(whole[..<count])
            #expect(try LineFraming.decode(&part, limit: 10) == nil)
        }
        for text in [
            "x1\na\n", "t\n", "t-1\n", "t1\nab", "t99999999999999999999\n", "t11\n", "no end of the line in sight",
        ] {
            var bytes = Array(text.utf8)
            #expect(throws: PhoenixError.self) { try LineFraming.decode(&bytes, limit: 10) }
        }
        var bytes: [UInt8] = Array("t1\n".utf8) + [0xFF, 10]
        #expect(throws: PhoenixError.self) { try LineFraming.decode(&bytes, limit: 10) }
    }

    @Test("text that is no UTF-8 is not sent")
    func invalidText() {
        let error = #expect(throws: PhoenixError.self) { try LineFraming.encode(.text([0xFF])) }
        #expect(error?.code == .encoding)
    }
}
