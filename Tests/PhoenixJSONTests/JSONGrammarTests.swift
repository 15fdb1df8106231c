import Foundation
import PhoenixJSON
import PhoenixKit
import Testing

/// Texts that are JSON and texts that are not, by the letter of RFC 8259.
@Suite struct JSONGrammarTests {
    let format = JSONFormat()

    static let accepted: [String] = [
        // Literals and white space (sections 2 and 3)
        "null", "true", "false", " null", "null ", "\t\n\r null\r\n\t ", "\n[\n]\n", " { } ", "[ ]", "[]", "{}",
        // Numbers (section 6)
        "0", "-0", "1", "-1", "10", "9007199254740993", "9223372036854775807", "-9223372036854775808",
        "9223372036854775808", "18446744073709551615", "18446744073709551616", "-9223372036854775809",
        "123456789012345678901234567890", "0.0", "-0.0", "0.5", "1.25", "-1.25", "1e0", "1E0", "1e+0", "1e-0", "1e10",
        "1E+10", "1e-10", "1.5e3", "0e0", "0e999999", "-0e1", "0.000001", "1e-400", "5e-324", "2.2250738585072014e-308",
        "1.7976931348623157e308", "1e00000000000000000001", "0.1e1", "123e45", "123.456e-7", "4.35", "1e22", "1e23",
        "9007199254740992.5", "0.30000000000000004", "[0,1,2]", "[-1]", "1.0", "100000000000000000000.0",
        // Strings (section 7)
        #""""#, #""a""#, #""abcdefg""#, #""abcdefgh""#, #""abcdefghi""#, #""\"""#, #""\\""#, #""\/""#, #""/""#,
        #""\b\f\n\r\t""#, #""\u0000""#, #""\u0041""#, #""\u00e9""#, #""\u00E9""#, #""\uD83D\uDE00""#,
        #""\ud83d\ude00""#,
        #""\uDBFF\uDFFF""#, #""\uFFFF""#, #""\uFFFE""#, #""\u2028""#, #""\uD7FF\uE000""#, "\"\u{7F}\"", "\"\u{80}\"",
        "\"é\"", "\"☃\"", "\"😀\"", "\"\u{2028}\u{2029}\"", "\"\u{FFFF}\"", "\"\u{10FFFF}\"", "\"\u{FEFF}\"",
        "\"e\u{301}\"", "\"a\\\\\"", #""\\\"""#, #""aaaaaaa\"aaaaaaa""#, #""\\u0041""#, "\" \"", #""'""#,
        // Arrays (section 5)
        "[1]", "[1,2]", "[ 1 , 2 ]", "[[]]", "[[],[]]", "[[[[]]]]", "[null,true,false]", "[\"a\",1,{}]", "[{}]",
        "[{},[]]",
        // Objects (section 4)
        #"{"":0}"#, #"{"a":1}"#, #"{ "a" : 1 }"#, #"{"a":1,"b":2}"#, #"{"a":{"b":{}}}"#, #"{"a":[]}"#,
        #"{"a":1,"a":2}"#,
        #"{"\u0061":1}"#, #"{"é":1}"#, #"{"a":null}"#, "{\n\"a\"\n:\n1\n,\n\"b\"\n:\n2\n}",
    ]

    static let refused: [String] = [
        // Nothing, too much, other words
        "", " ", "\n", "nul", "nulll", "NULL", "Null", "tru", "truee", "True", "fals", "falsee", "n", "t", "f",
        "undefined",
        "NaN", "Infinity", "-Infinity", "nan", "inf", "null null", "null,", "1 2", "[] []", "{}{}", "[]x", "{}]", "x",
        "'a'",
        "/* */ 1", "1 // one", "# 1", "\u{FEFF}1", "\u{A0}1", "\u{B}1", "\u{C}1", "1\u{0}", "\u{0}", "\u{85}1",
        "\u{2028}1",
        // Numbers
        "-", "+1", "+", "01", "-01", "00", "-00", "1.", ".5", "-.5", "1.e1", "1e", "1e+", "1e-", "1E", "e1", "0x10",
        "1_000",
        "1,000", "1a", "1.2.3", "--1", "1-", "1e1.5", "1e1e1", "0b1", "0o7", "１", "1e400", "-1e400", "1e309", "[1e999]",
        "0.", "-a", "1 .5", "1f", "1L", "∞", "2e308",
        // Strings
        #"""#, #""a"#, #"a""#, #""\""#, #""\a""#, #""\'""#, #""\0""#, #""\x41""#, #""\u""#, #""\u1""#, #""\u12""#,
        #""\u123""#,
        #""\u123g""#, #""\U0041""#, #""\u 041""#, #""\u+041""#, #""\uD800""#, #""\uDC00""#, #""\uD800\u0041""#,
        #""\uD800\uD800""#, #""\uD800x""#, #""\uD800\n""#, #""\uDE00\uD83D""#, #""\uD83D\uDE0""#, #""\uD83D\""#,
        #""\uD83D""#,
        "\"\n\"", "\"\r\"", "\"\t\"", "\"\u{0}\"", "\"\u{1F}\"", "\"aaaaaaa\u{1}\"", "\"aaaaaaaa\u{1F}aaaaaaa\"",
        #""a"b"#,
        #""a" "b""#, #""\"#, "\"\\", "\"\\u",
        // Arrays
        "[", "]", "[1", "[1,", "[,", "[,]", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[1;2]", "[1}", "[[]", "[]]", "[\"a",
        "[\"a\"",
        "[\"a\":1]", "[1:2]", "(1)", "[,,]", "[true false]",
        // Objects
        "{", "}", "{]", #"{"a"}"#, #"{"a":}"#, #"{"a":1"#, #"{"a":1,"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a" 1}"#,
        #"{"a"::1}"#,
        "{a:1}", "{'a':1}", "{1:1}", "{null:1}", #"{"a":1 "b":2}"#, #"{"a":1,,"b":2}"#, #"{"a":1;"b":2}"#, #"{"a":1]"#,
        #"{"a":1}}"#, #"{:1}"#, #"{"a","b"}"#, #"{[]:1}"#, #"{{}:1}"#, #"{"a"=1}"#, #"{"a":1:2}"#, #"{"\uD800":1}"#,
        #"{"a"#,
        "{,}",
    ]

    /// Bytes that are no UTF-8 (table 3-7 of the Unicode Standard), inside a string.
    static let malformed: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x20], [0xC3, 0x28], [0xE0, 0x80, 0x80],
        [0xE0, 0x9F, 0xBF], [0xE1, 0x80], [0xE1, 0x80, 0x20], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xEF, 0xBF],
        [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x98, 0x20],
        [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
        [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
    ]

    @Test func theListIsLong() {
        #expect(Self.accepted.count + Self.refused.count + Self.malformed.count >= 250)
    }

    /// Everything that reads whole texts.
    private func isRead(_ bytes: Bytes) -> [Bool] {
        let inArray = Bytes(Array("[1,".utf8) + bytes.array + Array("]".utf8))
        let inObject = Bytes(Array(#"{"k":"#.utf8) + bytes.array + Array("}".utf8))
        let message = Bytes(Array(#"["1","2","t","e","#.utf8) + bytes.array + Array("]".utf8))
        let map = Bytes(Array(#"{"topic":"t","event":"e","ref":"1","payload":"#.utf8) + bytes.array + Array("}".utf8))
        return [
            (try? format.value(of: bytes)) != nil,
            (try? format.decode(Value.self, from: bytes)) != nil,
            format.element(1, of: inArray) != nil,
            format.member("k", of: inObject) != nil,
            (try? JSONSerializer.v2.decode(.text(message), as: .client)) != nil,
            (try? JSONSerializer.v1.decode(.text(map), as: .server)) != nil,
            (try? JSONSerializer.v2.encode(
                Message(topic: "t", event: "e", payload: Payload(bytes, format: format)),
                as: .client
            )) != nil,
        ]
    }

    @Test(arguments: accepted) func accepts(_ text: String) throws {
        let bytes = Bytes(text)
        #expect(isRead(bytes) == Array(repeating: true, count: 7))
        #expect(Exercise.agrees(Payload(bytes, format: format)))
        // What is written reads as the same again.
        let value = try format.value(of: bytes)
        #expect(try format.value(of: format.encode(value: value)) == value)
        #expect(throws: Never.self) {
            try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        }
    }

    @Test(arguments: refused) func refuses(_ text: String) {
        let bytes = Bytes(text)
        // Some make sense inside something else: "1,2" as a value is two elements of an array.
        let isRead = isRead(bytes)
        #expect(!isRead[0] && !isRead[1] && !isRead[6])
        if !text.contains(","), !text.contains("]"), !text.contains("}") {
            #expect(isRead == Array(repeating: false, count: 7))
        }
        #expect(Exercise.agrees(Payload(bytes, format: format)))
        let error = #expect(throws: JSONError.self) { try format.value(of: bytes) }
        #expect((error?.offset ?? -1) <= bytes.count)
    }

    @Test(arguments: malformed) func refusesMalformedUTF8(_ bytes: [UInt8]) {
        for padding in 0..<9 {
            let before = [UInt8](repeating: UInt8(ascii: "a"), count: padding)
            let text = [UInt8(ascii: "\"")] + before + bytes + [UInt8(ascii: "\"")]
            #expect(isRead(Bytes(text)) == Array(repeating: false, count: 7))
            let key = [UInt8(ascii: "{")] + text + Array(":1}".utf8)
            #expect(isRead(Bytes(key)) == Array(repeating: false, count: 7))
        }
    }

    // MARK: What texts say

    static let meanings: [(String, Value)] = [
        ("0", Value.signed(0)), ("-0", .signed(0)), ("9223372036854775807", .signed(.max)),
        ("-9223372036854775808", .signed(.min)), ("9223372036854775808", .unsigned(1 << 63)),
        ("18446744073709551615", .unsigned(.max)), ("18446744073709551616", .double(18_446_744_073_709_551_616)),
        ("-9223372036854775809", .double(-9_223_372_036_854_775_808)), ("1.0", .double(1)), ("1e3", .double(1000)),
        ("1e-400", .double(0)), (#""\ud83d\ude00é""#, "😀é"), (#""\b\f\n\r\t\/\\\"""#, "\u{8}\u{C}\n\r\t/\\\""),
        (#"{"a":1,"a":2}"#, ["a": 2]), (#"[1,[2,{"b":[]}]]"#, [1, [2, ["b": []]]]),
        (#""\u0000\uD7FF\uE000""#, "\0\u{D7FF}\u{E000}"),
    ]

    @Test(arguments: meanings)
    func says(_ text: String, _ value: Value) throws {
        #expect(try format.value(of: Bytes(text)) == value)
    }

    @Test func numbersAreRoundedCorrectly() throws {
        for text in [
            "0.1", "4.35", "1e22", "1e23", "123456789012345e-22", "9007199254740993.0", "2.2250738585072011e-308",
            "0.3",
            "8.5e-5", "179769313486231570000e288", "1.00000000000000011102230246251565", "5e-324", "3e-324", "2e-324",
            "123456789012345678", "0.000000000000000000000000000000000001", "999999999999999e22", "1000000000000000e22",
            "72057594037927945.0", "-1.5e-5",
        ] {
            #expect(format.double(of: Bytes(text))?.bitPattern == Double(text)?.bitPattern, "\(text)")
        }
        #expect(format.double(of: Bytes("-0"))?.sign == .minus)
    }

    // MARK: Depth and cost

    @Test func nestingIsBoundedAt512Levels() throws {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            let deepest =
                String(repeating: open, count: 512) + (open == "[" ? "" : "1") + String(repeating: close, count: 512)
            #expect(isRead(Bytes(deepest))[0])
            let bytes = Bytes(open + deepest + close)
            let error = #expect(throws: JSONError.self) { try format.value(of: bytes) }
            #expect(error?.expected == "at most 512 levels of nesting")
            #expect(throws: JSONError.self) { try format.decode(Value.self, from: bytes) }
            #expect(Exercise.agrees(Payload(bytes, format: format)))
            #expect(throws: EncodingError.self) { try format.encode(value: .array([format.value(of: Bytes(deepest))])) }
        }
    }

    @Test(arguments: ["[", #"{"a":"#, #"[{"a":"#, "[[],", #"{"":{},"a":"#])
    func aDepthBombIsRefusedAndNotFollowed(_ open: String) {
        let bomb = Bytes(String(repeating: open, count: 200_000))
        #expect(isRead(bomb) == Array(repeating: false, count: 7))
    }

    /// A type that reads the text again at every level would take 512 times as long for such a tree.
    struct Nested: Decodable {
        let depth: Int
        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            depth = try list.isAtEnd ? 1 : list.decode(Nested.self).depth + 1
        }
    }

    @Test func aDeepTextIsDecodedAsATypeOfItsOwn() throws {
        let deep = Bytes(String(repeating: "[", count: 500) + String(repeating: "]", count: 500))
        #expect(try format.decode(Nested.self, from: deep).depth == 500)
    }

    /// Anything that is not linear does not come to an end here.
    @Test func largeTextsCostInProportion() throws {
        let count = 100_000
        let list = Bytes("[" + String(repeating: "1,", count: count - 1) + "1]")
        #expect(try format.value(of: list).array?.count == count)
        #expect(try format.decode([Int].self, from: list).count == count)
        #expect(format.element(count - 1, of: list)?.text == "1")
        let lists = Bytes("[" + String(repeating: "[1,{}],", count: count) + "0]")
        #expect(try format.value(of: lists).array?.count == count + 1)
        let object = Bytes("{" + (0..<count).map { #""\#($0)":{}"# }.joined(separator: ",") + "}")
        #expect(try format.value(of: object).object?.count == count)
        let same = Bytes("{" + String(repeating: #""k":1,"#, count: count) + #""k":2}"#)
        #expect(try format.decode([String: Int].self, from: same) == ["k": 2])
        #expect(try format.encode(value: format.value(of: list)) == list)
        #expect(try format.encode(format.decode([Int].self, from: list)) == list)
    }

    @Test func bracketsMustPairAtEveryDepth() throws {
        var seed = Seed("brackets")
        for _ in 0..<50 {
            let isObject = (0..<(1 + seed.below(512))).map { _ in seed.chance(2) }
            let opening = isObject.map { $0 ? #"{"a":"# : "[0," }.joined()
            let closing = isObject.reversed().map { $0 ? "}" : "]" }
            #expect(isRead(Bytes(opening + "1" + closing.joined()))[0])
            #expect(try format.decode(Value.self, from: Bytes(opening + "1" + closing.joined())) != .null)
            var wrong = closing
            let index = seed.below(wrong.count)
            wrong[index] = wrong[index] == "}" ? "]" : "}"
            #expect(isRead(Bytes(opening + "1" + wrong.joined())) == Array(repeating: false, count: 7))
        }
    }

    @Test func manyDistinctKeysAndLongTokensAreRead() throws {
        let keys = (0..<20_000).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
        #expect(try format.decode([String: Int].self, from: Bytes("{\(keys)}")).count == 20_000)
        let digits = String(repeating: "7", count: 200_000)
        #expect(format.double(of: Bytes("0." + digits)) == Double("0.77777777777777777777777777777777777777777777"))
        #expect(throws: JSONError.self) { try format.value(of: Bytes(digits)) }
        let escapes = String(repeating: #"\ud83d\ude00"#, count: 50_000)
        #expect(format.string(of: Bytes("\"\(escapes)\""))?.unicodeScalars.count == 50_000)
    }

    // MARK: Walking

    @Test func keysAreComparedAfterEscapes() {
        let object = Bytes(#"{"a\u0062c":1,"é":2,"\u00e9t\u00e9":3,"e\u0301x":4,"":5,"😀":6}"#)
        #expect(format.member("abc", of: object)?.text == "1")
        #expect(format.member("é", of: object)?.text == "2")
        #expect(format.member("été", of: object)?.text == "3")
        #expect(format.member("\u{E9}x", of: object)?.text == "4")
        #expect(format.member("", of: object)?.text == "5")
        #expect(format.member("😀", of: object)?.text == "6")
        #expect(format.member("ab", of: object) == nil)
        // Canonically equivalent, though one of the two is ASCII.
        #expect(format.member("K", of: Bytes("{\"\u{212A}\":1}"))?.text == "1")
        #expect(format.member("\u{212A}", of: Bytes(#"{"K":1}"#))?.text == "1")
    }

    @Test func walkingSharesTheStorage() throws {
        let payload = Payload(Bytes(#" {"list":[10, {"x":"y"} ,"s"], "n" : -5 } "#), format: format)
        #expect(payload["list"]?[0]?.integer == 10)
        #expect(payload["list"]?[1]?["x"]?.string == "y")
        #expect(payload["list"]?[1]?.bytes.text == #"{"x":"y"}"#)
        #expect(payload["list"]?[3] == nil)
        #expect(payload["n"]?.integer == -5)
        #expect(payload["n"]?.double == -5)
        #expect(payload["n"]?["x"] == nil)
    }
}
