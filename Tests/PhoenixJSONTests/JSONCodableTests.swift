import Foundation
import PhoenixJSON
import PhoenixKit
import Testing

/// `Codable` types, with Foundation's `JSONEncoder` and `JSONDecoder` as the judge.
@Suite struct JSONCodableTests {
    let format = JSONFormat()

    // MARK: Types to code

    struct Scalars: Codable, Equatable {
        var truth = true
        var int = -7
        var int8 = Int8.min
        var int16 = Int16.max
        var int32 = Int32.min
        var int64 = Int64.min
        var uint = UInt(7)
        var uint8 = UInt8.max
        var uint16 = UInt16.max
        var uint32 = UInt32.max
        var uint64 = UInt64.max
        var double = 0.1
        var float = Float(1.1)
        var text = "q\"b\\s/é☃😀\u{0}\u{1F}\n\r\t\u{8}\u{C}\u{7F}\u{2028}"
        var nothing: Int?
        var something: Int? = 3
    }

    struct Tree: Codable, Equatable {
        var name: String
        var children: [Tree] = []
    }

    struct Mixed: Codable, Equatable {
        var list = [1, 2, 3]
        var lists = [[1], [], [2, 3]]
        var byName = ["a": 1, "b": 2]
        var byNumber = [1: "one", 20: "twenty"]
        var optional: [Int?] = [1, nil, 3]
        var tree = Tree(
            name: "root",
            children: [Tree(name: "leaf"), Tree(name: "twig", children: [Tree(name: "bud")])]
        )
        var kind = Kind.second
        var shape = Shape.circle(radius: 2.5)
        var empty: [String: Tree] = [:]
    }

    enum Kind: String, Codable { case first, second }
    enum Shape: Codable, Equatable {
        case point
        case circle(radius: Double)
        case named(String, size: Int)
    }

    struct Foundational: Codable, Equatable {
        var date = Date(timeIntervalSinceReferenceDate: 12_345.5)
        var data = Data([0, 1, 2, 0xFB, 0xFF])
        var url: URL? = URL(string: "https://example.org/a?b=c#d")
        var decimal: Decimal = 12.25
        var decimals: [Decimal] = [1, -2, 0.5]
        var datas = ["k": Data([9])]
    }

    class Animal: Codable {
        var name: String
        init(name: String) { self.name = name }
    }

    final class Dog: Animal {
        var tricks: Int
        init(name: String, tricks: Int) {
            self.tricks = tricks
            super.init(name: name)
        }

        enum Keys: CodingKey { case tricks }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            tricks = try container.decode(Int.self, forKey: .tricks)
            try super.init(from: container.superDecoder())
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try super.encode(to: container.superEncoder())
            try container.encode(tricks, forKey: .tricks)
        }
    }

    /// Writes to an outer and to two inner containers by turns.
    struct Interleaved: Codable, Equatable {
        enum Keys: CodingKey { case inner, list, a, b }

        init() {}

        init(from decoder: any Decoder) throws {
            let outer = try decoder.container(keyedBy: Keys.self)
            let inner = try outer.nestedContainer(keyedBy: Keys.self, forKey: .inner)
            var list = try outer.nestedUnkeyedContainer(forKey: .list)
            var sum = try outer.decode(Int.self, forKey: .a) + inner.decode(Int.self, forKey: .a)
            sum += try inner.decode(Int.self, forKey: .b) + list.decode(Int.self)
            let object = try list.nestedContainer(keyedBy: Keys.self)
            sum += try object.decode(Int.self, forKey: .a)
            var deep = try list.nestedUnkeyedContainer()
            sum += try deep.decode(Int.self) + outer.decode(Int.self, forKey: .b) + list.decode(Int.self)
            guard sum == 36, list.isAtEnd, list.count == 4 else {
                throw DecodingError.dataCorruptedError(forKey: .a, in: outer, debugDescription: "sum \(sum)")
            }
        }

        func encode(to encoder: any Encoder) throws {
            var outer = encoder.container(keyedBy: Keys.self)
            var inner = outer.nestedContainer(keyedBy: Keys.self, forKey: .inner)
            try outer.encode(1, forKey: .a)
            try inner.encode(2, forKey: .a)
            var list = outer.nestedUnkeyedContainer(forKey: .list)
            try list.encode(3)
            var object = list.nestedContainer(keyedBy: Keys.self)
            var deep = list.nestedUnkeyedContainer()
            try outer.encode(4, forKey: .b)
            try list.encode(5)
            try deep.encode(6)
            try object.encode(7, forKey: .a)
            try inner.encode(8, forKey: .b)
        }
    }

    // MARK: Round trips

    private func check<Coded: Codable & Equatable>(_ value: Coded, _ location: SourceLocation = #_sourceLocation) throws
    {
        let ours = try format.encode(value)
        let theirs = try JSONEncoder().encode(value)
        #expect(try JSONDecoder().decode(Coded.self, from: Data(ours.array)) == value, sourceLocation: location)
        #expect(try format.decode(Coded.self, from: Bytes(Array(theirs))) == value, sourceLocation: location)
        #expect(try format.decode(Coded.self, from: ours) == value, sourceLocation: location)
        let left = try JSONSerialization.jsonObject(with: Data(ours.array), options: .fragmentsAllowed)
        let right = try JSONSerialization.jsonObject(with: theirs, options: .fragmentsAllowed)
        #expect(NSArray(object: left).isEqual(NSArray(object: right)), sourceLocation: location)
        #expect(!ours.contains { $0 < 0x20 }, "a control character was written", sourceLocation: location)
    }

    @Test func scalarsOfEveryTypeAgree() throws { try check(Scalars()) }
    @Test func collectionsAndEnumsAgree() throws { try check(Mixed()) }
    @Test func foundationTypesAgree() throws { try check(Foundational()) }
    @Test func nestedContainersFilledByTurnsAgree() throws { try check(Interleaved()) }

    @Test func valuesOnTheirOwnAgree() throws {
        try check("text")
        try check(5)
        try check(0.5)
        try check(true)
        try check([1.5, 2.5])
        try check([String: Int]())
        try check([Int]())
        try check([Shape.point, .circle(radius: 1), .named("n", size: 2)])
        try check(Optional<Int>.none)
        try check(Data([1, 2]))
        try check(Date(timeIntervalSinceReferenceDate: 0.25))
        try check(Float(0.1))
    }

    @Test func subclassesAgree() throws {
        let ours = try format.encode(Dog(name: "Rex", tricks: 3))
        #expect(ours.text == #"{"super":{"name":"Rex"},"tricks":3}"#)
        let dog = try format.decode(Dog.self, from: ours)
        #expect(dog.name == "Rex")
        #expect(dog.tricks == 3)
        #expect(try JSONDecoder().decode(Dog.self, from: Data(ours.array)).name == "Rex")
    }

    @Test func membersAreWrittenInTheOrderOfEncoding() throws {
        struct Ordered: Encodable {
            var zebra = 1
            var apple = 2.0
            var mango: String? = "m"
        }
        #expect(try format.encode(Ordered()).text == #"{"zebra":1,"apple":2.0,"mango":"m"}"#)
        #expect(try format.encode(value: ["b": 1, "a": [2, nil]]).text == #"{"a":[2,null],"b":1}"#)
    }

    @Test(arguments: [
        0.0, -0.0, 1, 1e15, 1e16, 1e21, 1e100, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1 + 0.2, 1 / 3,
        123456.789,
    ])
    func doublesComeBackBitByBit(_ number: Double) throws {
        let text = try format.encode(number)
        #expect(try format.decode(Double.self, from: text).bitPattern == number.bitPattern)
        #expect(try JSONDecoder().decode(Double.self, from: Data(text.array)) == number)
    }

    @Test func manyMembersAreFoundByName() throws {
        let object = Dictionary(uniqueKeysWithValues: (0..<1000).map { ("key\($0)", $0) })
        try check(object)
    }

    @Test func deepTreesAgree() throws {
        var tree = Tree(name: "0")
        for level in 1..<100 { tree = Tree(name: "\(level)", children: [tree, Tree(name: "side")]) }
        try check(tree)
    }

    // MARK: Dynamic values inside

    @Test func valuesAndPayloadsAreMembersLikeAnyOther() throws {
        struct Envelope: Codable, Equatable {
            var any: Value
            var raw: Payload
            var list: [Value]
        }
        let text = Bytes(#"{"any":{"x":[1,null,"é"]},"raw":{"kept": [1, 2]},"list":[1,2.5,"s",true,null]}"#)
        let envelope = try format.decode(Envelope.self, from: text)
        #expect(envelope.any == ["x": [1, nil, "é"]])
        #expect(envelope.raw.bytes.text == #"{"kept": [1, 2]}"#)
        #expect(envelope.list == [1, 2.5, "s", true, nil])
        #expect(try format.decode(Envelope.self, from: format.encode(envelope)) == envelope)
        #expect(try JSONDecoder().decode([String: Value].self, from: Data(text.array))["any"] == envelope.any)
        let theirs = try JSONEncoder().encode(envelope.any)
        #expect(try format.decode(Value.self, from: Bytes(Array(theirs))) == envelope.any)
        #expect(try format.encode(envelope.any).text == #"{"x":[1,null,"é"]}"#)
    }

    @Test func aPayloadNeedsADecoderThatNamesItsFormat() throws {
        let payload = try format.decode([Payload].self, from: Bytes("[{}]"))[0]
        #expect(payload.format?.name == "JSON")
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Payload].self, from: Data("[{}]".utf8))
        }
        #expect(error.map(kind) == "dataCorrupted")
        #expect(String(decoding: try JSONEncoder().encode([payload]), as: UTF8.self) == "[{}]")
    }

    @Test func theLastOfTwoEqualKeysCounts() throws {
        let text = Bytes(#"{"a":1,"b":2,"a":3,"\u0061":4}"#)
        #expect(try format.decode([String: Int].self, from: text) == ["a": 4, "b": 2])
        #expect(try format.value(of: text) == ["a": 4, "b": 2])
        #expect(format.member("a", of: text)?.text == "4")
    }

    // MARK: Errors

    private func path(_ error: any Error) -> [String]? {
        switch error {
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.keyNotFound(_, let context), DecodingError.dataCorrupted(let context):
            context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
        default: nil
        }
    }

    private func kind(_ error: any Error) -> String {
        switch error {
        case DecodingError.typeMismatch: "typeMismatch"
        case DecodingError.valueNotFound: "valueNotFound"
        case DecodingError.keyNotFound: "keyNotFound"
        case DecodingError.dataCorrupted: "dataCorrupted"
        default: "\(error)"
        }
    }

    private func refuses<Coded: Decodable>(
        _ type: Coded.Type,
        _ text: String,
        at expected: [String]? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let ours = #expect(throws: (any Error).self, sourceLocation: location) {
            try format.decode(type, from: Bytes(text))
        }
        let theirs = #expect(throws: (any Error).self, sourceLocation: location) {
            try JSONDecoder().decode(type, from: Data(text.utf8))
        }
        guard let ours, let theirs else { return }
        #expect(kind(ours) == kind(theirs), sourceLocation: location)
        #expect(path(ours) == (expected ?? path(theirs)), sourceLocation: location)
    }

    @Test func errorsNameTheSameKindAndPath() {
        refuses([String: [Int]].self, #"{"a":[1,"x"]}"#)
        refuses([String: [Int]].self, #"{"a":[1,null]}"#)
        // Foundation leaves out the path of a number that does not fit.
        refuses([Int8].self, "[1,200]", at: ["1"])
        refuses([UInt].self, "[-1]", at: ["0"])
        refuses([Int].self, "[1.5]", at: ["0"])
        refuses([Int].self, "[18446744073709551616]", at: ["0"])
        refuses(Tree.self, #"{"name":"a","children":[{"children":[]}]}"#)
        refuses(Tree.self, #"{"name":1,"children":[]}"#)
        refuses(Tree.self, "[]")
        refuses([Int].self, "{}")
        refuses(String.self, "null")
        refuses([Data].self, #"["%%%"]"#)
        refuses(Kind.self, #""third""#)
        refuses([Float].self, "[1e300]", at: ["0"])
        refuses([Bool].self, "[1]")
        refuses([Decimal].self, "[1e200]", at: ["0"])
        refuses([Decimal].self, #"["1"]"#)
        refuses([URL].self, "[1]")
    }

    @Test func whatIsNotJSONIsAJSONError() {
        #expect(throws: JSONError.self) { try format.decode([Int].self, from: Bytes("[1,]")) }
        #expect(throws: JSONError.self) { try format.decode([Int].self, from: Bytes("[1] 2")) }
        #expect(throws: JSONError.self) { try format.decode([Int].self, from: Bytes()) }
    }

    @Test func whatJSONCannotSayIsRefused() {
        #expect(throws: EncodingError.self) { try format.encode(Double.nan) }
        #expect(throws: EncodingError.self) { try format.encode([Float.infinity]) }
        #expect(throws: EncodingError.self) { try format.encode(value: ["a": .bytes([1])]) }
        #expect(throws: EncodingError.self) { try format.encode(value: .extension(type: 1, data: [1])) }
        #expect(throws: EncodingError.self) { try format.encode(value: [.double(-.infinity)]) }
        #expect(throws: EncodingError.self) { try format.encode(["a": Value.bytes([1])]) }
        #expect(throws: (any Error).self) { try format.encode([Payload(binary: [1])]) }
        #expect(throws: JSONError.self) { try format.encode([Payload(Bytes("]"), format: format)]) }
    }

    @Test func theCallersErrorIsTyped() {
        let content = PayloadContent.encoding(Double.nan)
        let error = #expect(throws: PhoenixError.self) { try content.encode(in: format) }
        #expect(error?.code == .encoding)
        #expect(error?.cause is EncodingError)
    }

    // MARK: Misuse

    struct Nothing: Encodable { func encode(to encoder: any Encoder) throws {} }

    struct TwoKinds: Encodable {
        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: Interleaved.Keys.self)
            try object.encode(1, forKey: .a)
            var list = encoder.unkeyedContainer()
            try? list.encode(2)
        }
    }

    struct Twice: Encodable {
        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(1)
            try container.encode(2)
        }
    }

    struct Endless: Encodable {
        func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            try container.encode(Endless())
        }
    }

    struct EndlessNesting: Encodable {
        func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            for _ in 0..<2000 { list = list.nestedUnkeyedContainer() as any UnkeyedEncodingContainer }
        }
    }

    struct Forgiving: Encodable {
        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: Interleaved.Keys.self)
            try? object.encode([1, Double.nan], forKey: .a)
            try object.encode(2, forKey: .b)
            var list = object.nestedUnkeyedContainer(forKey: .list)
            try? list.encode(TwoKinds())
            try list.encode(3)
        }
    }

    /// Keeps its encoder, so that another value may go on with it.
    final class Hoarder: Encodable {
        var encoder: (any Encoder)?
        var container: KeyedEncodingContainer<Interleaved.Keys>?
        let fails: Bool
        init(fails: Bool) { self.fails = fails }

        func encode(to encoder: any Encoder) throws {
            self.encoder = encoder
            container = encoder.container(keyedBy: Interleaved.Keys.self)
            try container?.encode(1, forKey: .a)
            if fails { try container?.encode(Double.nan, forKey: .b) }
        }
    }

    struct Heir: Encodable {
        let hoarder: Hoarder
        func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            try? list.encode(hoarder)
            #expect(throws: EncodingError.self) { try hoarder.container?.encode(2, forKey: .b) }
            var nested = hoarder.container?.nestedUnkeyedContainer(forKey: .list)
            try nested?.encode(3)
            var other = hoarder.encoder?.unkeyedContainer()
            #expect(throws: EncodingError.self) { try other?.encode(4) }
            try list.encode(5)
        }
    }

    @Test func anEncoderKeptBeyondItsValueWritesNothing() throws {
        #expect(try format.encode(Heir(hoarder: Hoarder(fails: false))).text == #"[{"a":1},5]"#)
        #expect(try format.encode(Heir(hoarder: Hoarder(fails: true))).text == "[5]")
    }

    @Test func misuseOfAnEncoderThrowsAndNeverTraps() throws {
        #expect(throws: EncodingError.self) { try format.encode(Nothing()) }
        #expect(throws: EncodingError.self) { try format.encode([TwoKinds()]) }
        #expect(throws: EncodingError.self) { try format.encode(Twice()) }
        #expect(throws: EncodingError.self) { try format.encode(Endless()) }
        #expect(throws: EncodingError.self) { try format.encode(EndlessNesting()) }
        #expect(try format.encode(Forgiving()).text == #"{"b":2,"list":[3]}"#)
    }

    struct Keeper: Decodable {
        let decoder: any Decoder
        init(from decoder: any Decoder) throws { self.decoder = decoder }
    }

    @Test func aDecoderKeptBeyondTheDecodingStillReads() throws {
        let keeper = try format.decode([Keeper].self, from: Bytes("[[1,2]]"))
        #expect(try keeper.first.map { try [Int](from: $0.decoder) } == [1, 2])
    }
}
