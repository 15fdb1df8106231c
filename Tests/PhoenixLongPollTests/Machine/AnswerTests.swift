internal import PhoenixJSON
internal import PhoenixKit
internal import Testing

@testable internal import PhoenixLongPoll

@Suite("Answer", .timeLimit(.minutes(1)))
struct AnswerTests {
    private static func read(_ text: String, limit: Int = 1_000) throws -> Answer {
        try Answer(Bytes(text), messageLimit: limit)
    }

    @Test("an answer is read whatever the order of its members and the space between them")
    func members() throws {
        let answer = try Self.read(
            "\n { \"token\" : \"a.b-c_d\" ,\t\"x\":[1,{\"y\":[null,true,-0.5e+3,\"]\"],\"z\":{}}], \"status\":200,\r\"messages\":[ \"[1]\" , \"\" ]} "
        )
        #expect(answer.status == 200)
        #expect(answer.token == "a.b-c_d")
        #expect(answer.messages == [.text("[1]"), .text("")])
        #expect(try Self.read(#"{"status":403}"#).token == nil)
        #expect(try Self.read(#"{"status":403,"token":null}"#).token == nil)
        #expect(try Self.read(#"{"status":403,"messages":[]}"#).messages.isEmpty)
        #expect(try Self.read(#"{"token":"a\/b\u0041","status":1}"#).token == "a/bA")
        #expect(try Self.read(#"{"status":1,"status":2}"#).status == 2)
    }

    @Test("escapes are undone, surrogate pairs put together")
    func escapes() throws {
        let answer = try Self.read(
            ##"{"status":200,"messages":["\"\\\/\b\f\n\r\t","\u00e9\u2603\uD83D\uDE00\u0000","plain é☃"]}"##
        )
        #expect(answer.messages.map(\.bytes.text) == ["\"\\/\u{8}\u{C}\n\r\t", "é☃😀\0", "plain é☃"])
    }

    @Test("messages without escapes share the storage of the body, all others share one of their own")
    func storage() throws {
        let body = Bytes(#"{"status":200,"messages":["plain","a\nb","other","c\td"]}"#)
        let answer = try Answer(body, messageLimit: 100)
        func address(_ bytes: Bytes) -> Int {
            bytes.withUnsafeBytes { Int(bitPattern: $0.baseAddress) }
        }
        let base = address(body)
        #expect(address(answer.messages[0].bytes) == base + 27)
        #expect(address(answer.messages[2].bytes) > base && address(answer.messages[2].bytes) < base + body.count)
        #expect(address(answer.messages[3].bytes) == address(answer.messages[1].bytes) + 3)
    }

    @Test(
        "what is no answer is refused",
        arguments: [
            "", " ", "null", "200", "[]", "{}", "{", "{]", #"{"status":}"#, #"{"status":"200"}"#, #"{"status":-1}"#,
            #"{"status":010}"#,
            #"{"status":2.5}"#, #"{"status":1234567890}"#, #"{"status":200"#, #"{"status":200,}"#, #"{"status":200}x"#,
            #"{"status":200,"messages":{}}"#, #"{"status":200,"messages":[1]}"#, #"{"status":200,"messages":["a",]}"#,
            #"{"status":200,"messages":["a""b"]}"#, #"{"status":200,"messages":["a]}"#,
            #"{"status":200,"messages":null}"#,
            #"{"status":200,"messages":["\x"]}"#, #"{"status":200,"messages":["\u12G4"]}"#,
            #"{"status":200,"messages":["\uD83D"]}"#, #"{"status":200,"messages":["\uDE00"]}"#,
            #"{"status":200,"messages":["\uD83D\u0041"]}"#, #"{"status":200,"messages":["\"#,
            "{\"status\":200,\"messages\":[\"a\nb\"]}", #"{"status":200,"token":1}"#, #"{"status":200,"x":tru}"#,
            #"{"status":200,"x":01}"#, #"{"status":200,"x":[}"#, #"{status:200}"#,
            "<html><body>502 Bad Gateway</body></html>",
        ]
    )
    func refused(_ text: String) {
        let error = #expect(throws: PhoenixError.self) { try Self.read(text) }
        #expect(error?.code == .decoding)
    }

    @Test("bytes that are no UTF-8 are refused, wherever they stand")
    func utf8() {
        for bad: [UInt8] in [
            [0x80], [0xC3], [0xC0, 0xAF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x98], [0xFF],
        ] {
            let bytes = Array(#"{"status":200,"messages":["a"#.utf8) + bad + Array(#""]}"#.utf8)
            #expect(throws: PhoenixError.self) { try Answer(Bytes(bytes), messageLimit: 100) }
        }
    }

    @Test("nesting beyond the limit is refused, without recursion")
    func nesting() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(try Self.read(#"{"status":200,"x":"# + deep + "}").status == 200)
        let deeper = String(repeating: "[", count: 1_000_000)
        #expect(throws: PhoenixError.self) { try Self.read(#"{"status":200,"x":"# + deeper + "}") }
    }

    @Test("a message beyond the limit is refused")
    func limit() throws {
        #expect(try Self.read(#"{"status":200,"messages":["\n\n\n\n"]}"#, limit: 4).messages.count == 1)
        let error = #expect(throws: PhoenixError.self) {
            try Self.read(#"{"status":200,"messages":["12345"]}"#, limit: 4)
        }
        #expect(error?.code == .limitExceeded)
    }

    /// The other reader of JSON in this package is the judge.
    @Test("mutated answers never trap, and what is read agrees with the JSON serializer's reader", arguments: 0..<8)
    func fuzz(_ round: Int) throws {
        var generator = SeededGenerator.forTests(UInt64(round))
        let seeds = [
            opened, nothing, messages(#"["1","2","room:a","phx_reply",{"x":[1,2]}]"#, "[]", ""),
            ##"{"a":{"b":[1,-2.5e3,null,true]},"status":200,"messages":["\"\\\u00e9\ud83d\ude00é☃"],"token":"x"}"##,
        ]
        for _ in 0..<1_500 {
            var bytes = Array(seeds.randomElement(using: &generator)!.utf8)
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(Array("{}[]\",:\\u0d8".utf8).randomElement(using: &generator)!, at: index)
                default: bytes.removeSubrange(index...)
                }
                if bytes.isEmpty { break }
            }
            guard let answer = try? Answer(Bytes(bytes), messageLimit: 10_000) else { continue }
            let value = try JSONFormat().value(of: Bytes(bytes))
            #expect(value["status"]?.integer.map(Int.init) == answer.status)
            #expect((value["messages"]?.array ?? []).map(\.string) == answer.messages.map(\.bytes.text))
        }
    }
}
