import Foundation
import PhoenixKit
import PhoenixMessagePack
import Testing

@Suite("Types in MessagePack")
struct CodableTests {
    private let format = MessagePackFormat()

    private struct Everything: Codable, Equatable {
        var truth = true
        var text = "Grüße"
        var small: Int8 = -7
        var large: UInt64 = .max
        var double = 0.1
        var float: Float = 1.5
        var data = Data([0, 255, 7])
        var date = Date(timeIntervalSince1970: 1_764_040_000.25)
        var time = MessagePackTimestamp(seconds: -5, nanoseconds: 3)
        var url = URL(string: "https://example.org/a?b=c")
        var missing: Int?
        var list = [1, -300, 70_000]
        var table = ["a": [1.5], "b": []]
        var value: Value = ["ext": .extension(type: 3, data: [1]), "bytes": .bytes([2])]
    }

    @Test("what is encoded decodes as it was")
    func roundTrip() throws {
        let everything = Everything()
        let bytes = try format.encode(everything)
        #expect(try format.decode(Everything.self, from: bytes) == everything)
        // Data is written as it is.
        #expect(try format.value(of: bytes)["data"] == .bytes([0, 255, 7]))
        #expect(try format.encode(Float(1.5)) == [0xCA, 0x3F, 0xC0, 0, 0])
    }

    /// A map of which more members come than fit into one byte of a header, with nested containers that are filled late.
    private struct Wide: Encodable {
        let count: Int

        func encode(to encoder: any Encoder) throws {
            var map = encoder.container(keyedBy: Key.self)
            var early = map.nestedUnkeyedContainer(forKey: Key("early"))
            let parent = map.superEncoder()
            for index in 0..<count { try map.encode(index, forKey: Key("\(index)")) }
            for index in 0..<count { try early.encode(index) }
            var late = map.nestedContainer(keyedBy: Key.self, forKey: Key("late"))
            try late.encode([1], forKey: Key("x"))
            var single = parent.singleValueContainer()
            try single.encode("parent")
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    @Test("headers that grow leave nested containers in their place", arguments: [0, 12, 13, 16, 70_000])
    func wide(_ count: Int) throws {
        let value = try format.value(of: format.encode(["outer": Wide(count: count)]))["outer"]
        #expect(value?.object?.count == count + 3)
        #expect(value?["early"] == .array((0..<count).map { Value($0) }))
        #expect(value?["late"] == ["x": [1]])
        #expect(value?["super"] == "parent")
        if count > 0 { #expect(value?["\(count - 1)"] == Value(count - 1)) }
    }

    @Test("a value that fails halfway leaves nothing behind")
    func undoing() throws {
        struct Failing: Encodable {
            func encode(to encoder: any Encoder) throws {
                var container = encoder.unkeyedContainer()
                try container.encode(1)
                throw CancellationError()
            }
        }
        struct Outer: Encodable {
            func encode(to encoder: any Encoder) throws {
                var container = encoder.unkeyedContainer()
                try? container.encode(Failing())
                try container.encode(2)
            }
        }
        #expect(try format.encode(Outer()) == [0x91, 0x02])
    }

    @Test("a type that encodes nothing, or two kinds of value, is refused")
    func refused() {
        struct Nothing: Encodable { func encode(to encoder: any Encoder) {} }
        struct Both: Encodable {
            func encode(to encoder: any Encoder) throws {
                _ = encoder.unkeyedContainer()
                _ = encoder.container(keyedBy: Key.self)
            }
        }
        #expect(throws: EncodingError.self) { try format.encode(Nothing()) }
        #expect(throws: EncodingError.self) { try format.encode(Both()) }
    }

    @Test("numbers that do not fit and values of another kind say where they are")
    func mismatches() throws {
        struct Box: Decodable { var items: [UInt8] }
        let large = try format.encode(["items": [1, 300]])
        let error = #expect(throws: DecodingError.self) { try format.decode(Box.self, from: large) }
        guard case .dataCorrupted(let context) = error else {
            return #expect(Bool(false), "\(String(describing: error))")
        }
        #expect(context.codingPath.map(\.stringValue) == ["items", "Index 1"])
        #expect(throws: DecodingError.self) { try format.decode(Box.self, from: format.encode(["items": "x"])) }
        #expect(throws: DecodingError.self) { try format.decode(Box.self, from: format.encode(["other": 1])) }
        #expect(throws: DecodingError.self) { try format.decode(Int.self, from: format.encode(1.5)) }
        #expect(throws: DecodingError.self) { try format.decode(Float.self, from: format.encode(1e300)) }
        #expect(try format.decode(Int.self, from: format.encode(2.0)) == 2)
        #expect(try format.decode(Double.self, from: format.encode(3)) == 3)
    }

    @Test("many keys, and a key written twice, of which the last counts")
    func manyKeys() throws {
        let table = Dictionary(uniqueKeysWithValues: (0..<100).map { ("key \($0)", $0) })
        #expect(try format.decode([String: Int].self, from: format.encode(table)) == table)
        struct A: Decodable { var a: Int }
        #expect(try format.decode(A.self, from: [0x82, 0xA1, 0x61, 0x01, 0xA1, 0x61, 0x02]).a == 2)
    }

    private indirect enum Tree: Codable, Equatable {
        case leaf
        case node(Tree)

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            self = container.isAtEnd ? .leaf : .node(try container.decode(Tree.self))
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            if case .node(let child) = self { try container.encode(child) }
        }
    }

    @Test("a payload within a payload is passed on as it came, binary data without a format")
    func payloads() throws {
        struct Envelope: Codable { var inner: Payload, data: Payload }
        let bytes = try format.encode(value: ["inner": ["x": 1], "data": .bytes([9])])
        let envelope = try format.decode(Envelope.self, from: bytes)
        #expect(envelope.inner["x"]?.integer == 1)
        #expect(envelope.data == Payload(binary: [9]))
        #expect(try format.value(of: format.encode(envelope)) == format.value(of: bytes))
    }

    @Test("types that nest deeply")
    func deep() throws {
        var tree = Tree.leaf
        for _ in 0..<200 { tree = .node(tree) }
        #expect(try format.decode(Tree.self, from: format.encode(tree)) == tree)
    }
}
