import Foundation
import PhoenixKit
import PhoenixMessagePack
import Testing

@Suite("MessagePack, by its specification")
struct FormatTests {
    private let format = MessagePackFormat()

    /// Every format of the specification: its bytes, what they mean, and whether they are the shortest form.
    private static let formats: [(bytes: Bytes, value: Value, isShortest: Bool)] = [
        ([0xC0], nil, true), ([0xC2], false, true), ([0xC3], true, true),
        ([0x00], 0, true), ([0x7F], 127, true), ([0xE0], -32, true), ([0xFF], -1, true),
        ([0xCC, 0x80], 128, true), ([0xCC, 0x01], 1, false), ([0xCD, 0x01, 0x00], 256, true),
        ([0xCE, 0x00, 0x01, 0x00, 0x00], 65_536, true),
        ([0xCF, 0, 0, 0, 1, 0, 0, 0, 0], .signed(1 << 32), true),
        ([0xCF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .unsigned(.max), true),
        ([0xD0, 0xDF], -33, true), ([0xD0, 0x80], -128, true), ([0xD1, 0xFF, 0x7F], -129, true),
        ([0xD2, 0xFF, 0xFF, 0x7F, 0xFF], -32_769, true),
        ([0xD3, 0x80, 0, 0, 0, 0, 0, 0, 0], .signed(.min), true), ([0xD3, 0, 0, 0, 0, 0, 0, 0, 5], 5, false),
        ([0xCA, 0x3F, 0xC0, 0, 0], 1.5, false), ([0xCB, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0], 1.5, true),
        ([0xA0], "", true), ([0xA2, 0xC3, 0xA9], "é", true), ([0xD9, 0x01, 0x61], "a", false),
        ([0xDA, 0x00, 0x01, 0x61], "a", false), ([0xDB, 0, 0, 0, 1, 0x61], "a", false),
        ([0xC4, 0x00], .bytes([]), true), ([0xC4, 0x02, 0xFF, 0xFE], .bytes([0xFF, 0xFE]), true),
        ([0xC5, 0x00, 0x01, 0xFF], .bytes([0xFF]), false), ([0xC6, 0, 0, 0, 1, 0xFF], .bytes([0xFF]), false),
        ([0x90], [], true), ([0x92, 0x01, 0xC0], [1, nil], true), ([0xDC, 0x00, 0x01, 0x01], [1], false),
        ([0xDD, 0, 0, 0, 1, 0x01], [1], false),
        ([0x80], [:], true), ([0x81, 0xA1, 0x61, 0x01], ["a": 1], true), ([0x81, 0x07, 0x01], ["7": 1], false),
        ([0xDE, 0x00, 0x01, 0xA1, 0x61, 0x01], ["a": 1], false),
        ([0xDF, 0, 0, 0, 1, 0xA1, 0x61, 0x01], ["a": 1], false),
        ([0xD4, 0x05, 0x09], .extension(type: 5, data: [9]), true),
        ([0xD5, 0x05, 1, 2], .extension(type: 5, data: [1, 2]), true),
        ([0xD6, 0xFF, 0, 0, 0, 1], .extension(type: -1, data: [0, 0, 0, 1]), true),
        ([0xD7, 0x05, 1, 2, 3, 4, 5, 6, 7, 8], .extension(type: 5, data: [1, 2, 3, 4, 5, 6, 7, 8]), true),
        (
            Bytes([0xD8, 0x80] + [UInt8](repeating: 3, count: 16)),
            .extension(type: -128, data: Bytes([UInt8](repeating: 3, count: 16))), true
        ),
        ([0xC7, 0x03, 0x05, 1, 2, 3], .extension(type: 5, data: [1, 2, 3]), true),
        ([0xC7, 0x00, 0x05], .extension(type: 5, data: []), true),
        ([0xC8, 0x00, 0x01, 0x05, 1], .extension(type: 5, data: [1]), false),
        ([0xC9, 0, 0, 0, 1, 0x05, 1], .extension(type: 5, data: [1]), false),
    ]

    @Test("reads every format, and writes the shortest one", arguments: formats.indices)
    func everyFormat(_ index: Int) throws {
        let (bytes, value, isShortest) = Self.formats[index]
        #expect(try format.value(of: bytes) == value)
        let encoded = try format.encode(value: value)
        #expect(try format.value(of: encoded) == value)
        if isShortest { #expect(encoded == bytes) } else { #expect(encoded != bytes) }
        #expect(try format.decode(Value.self, from: bytes) == value)
    }

    @Test(
        "strings, data, arrays, maps and extensions at the edges of their lengths",
        arguments: [15, 16, 31, 32, 255, 256, 65_535, 65_536]
    )
    func lengths(_ count: Int) throws {
        let data = Bytes([UInt8](repeating: 0x61, count: count))
        let values: [Value] = [
            .string(data.text), .bytes(data), .extension(type: 7, data: data),
            .array(Array(repeating: 1, count: count)),
            .object(Dictionary(uniqueKeysWithValues: (0..<count).map { ("\($0)", 1) })),
        ]
        for value in values {
            let encoded = try format.encode(value: value)
            #expect(try format.value(of: encoded) == value)
            // The path of types, which do not tell their size beforehand, gives the same bytes.
            #expect(try format.encode([value]).count == encoded.count + 1)
        }
        let array = Array(repeating: 1, count: count)
        #expect(try format.encode(array) == format.encode(value: values[3]))
    }

    /// The third form's nanoseconds come first, the second form's share 64 bits with the seconds.
    @Test("timestamps of 32, 64 and 96 bits")
    func timestamps() throws {
        let forms: [(Int64, UInt32, Bytes)] = [
            (1, 0, [0xD6, 0xFF, 0, 0, 0, 1]),
            (0xFFFF_FFFF, 0, [0xD6, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            (1, 1, [0xD7, 0xFF, 0, 0, 0, 4, 0, 0, 0, 1]),
            (0x3_FFFF_FFFF, 999_999_999, [0xD7, 0xFF, 0xEE, 0x6B, 0x27, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            (
                -1, 999_999_999,
                [0xC7, 12, 0xFF, 0x3B, 0x9A, 0xC9, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
            ),
            (0x4_0000_0000, 0, [0xC7, 12, 0xFF, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]),
        ]
        for (seconds, nanoseconds, bytes) in forms {
            let timestamp = try #require(MessagePackTimestamp(seconds: seconds, nanoseconds: nanoseconds))
            #expect(try format.encode(timestamp) == bytes)
            #expect(try format.encode(value: timestamp.value) == bytes)
            #expect(try format.decode(MessagePackTimestamp.self, from: bytes) == timestamp)
            #expect(try MessagePackTimestamp(format.value(of: bytes)) == timestamp)
        }
        #expect(MessagePackTimestamp(seconds: 0, nanoseconds: 1_000_000_000) == nil)
        #expect(MessagePackTimestamp(data: [1, 2, 3]) == nil)
        #expect(MessagePackTimestamp(data: [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]) == nil)
        #expect(throws: DecodingError.self) {
            try format.decode(MessagePackTimestamp.self, from: [0xC7, 3, 0xFF, 1, 2, 3])
        }
        let date = Date(timeIntervalSince1970: -1.5)
        #expect(try format.decode(Date.self, from: format.encode(date)) == date)
        #expect(throws: EncodingError.self) { try format.encode(Date(timeIntervalSince1970: .infinity)) }
    }

    /// What is wrong, and where.
    @Test(
        "malformed input throws",
        arguments: [
            ([], 0), ([0xC1], 0), ([0x92, 0x01, 0xC1], 2), ([0xC0, 0xC0], 1), ([0xA2, 0x61], 1), ([0xD9], 1),
            ([0xDB, 0xFF, 0xFF, 0xFF, 0xFF], 5), ([0xDD, 0xFF, 0xFF, 0xFF, 0xFF], 5),
            ([0xDF, 0xFF, 0xFF, 0xFF, 0xFF], 5),
            ([0xC6, 0xFF, 0xFF, 0xFF, 0xFF, 0x00], 5), ([0xC9, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], 6), ([0xC7, 0x01], 2),
            ([0xCF, 0, 0, 0], 1), ([0xCB, 0], 1), ([0x82, 0xA1, 0x61, 0x01], 1), ([0xA1, 0xFF], 1),
            ([0xA3, 0xED, 0xA0, 0x80], 1), ([0xA2, 0xC0, 0x80], 1), ([0xA1, 0xC3], 1), ([0xD8, 0x01, 0x00], 2),
        ] as [(Bytes, Int)]
    )
    func malformed(_ bytes: Bytes, _ offset: Int) {
        let error = #expect(throws: MessagePackError.self) { try format.value(of: bytes) }
        #expect(error?.offset == offset)
        #expect(throws: MessagePackError.self) { try format.decode(Value.self, from: bytes) }
        #expect(format.integer(of: bytes) == nil)
        #expect(format.isNull(bytes) == false)
    }

    @Test("nests up to the limit and no further, in reading and in writing")
    func depth() throws {
        func nested(_ depth: Int) -> Bytes { Bytes([UInt8](repeating: 0x91, count: depth) + [0xC0]) }
        #expect(throws: Never.self) { try format.value(of: nested(512)) }
        #expect(throws: MessagePackError.self) { try format.value(of: nested(513)) }
        #expect(throws: MessagePackError.self) { try format.decode(Value.self, from: nested(100_000)) }
        var value: Value = nil
        for _ in 0..<512 { value = [value] }
        #expect(try format.encode(value: value) == nested(512))
        #expect(throws: EncodingError.self) { try format.encode(value: [value]) }
        let shallow = MessagePackFormat(limits: MessagePackLimits(depth: 2))
        #expect(throws: MessagePackError.self) { try shallow.value(of: nested(3)) }
        #expect(throws: EncodingError.self) { try shallow.encode([[[1]]]) }
        #expect(MessagePackLimits(depth: 100_000).depth == 512)
    }

    @Test("reads and writes up to the limit of size")
    func size() throws {
        let small = MessagePackFormat(limits: MessagePackLimits(size: 4))
        #expect(try small.value(of: [0xA3, 0x61, 0x62, 0x63]) == "abc")
        #expect(throws: MessagePackError.self) { try small.value(of: [0xA4, 0x61, 0x62, 0x63, 0x64]) }
        #expect(throws: EncodingError.self) { try small.encode(value: "abcd") }
        #expect(throws: EncodingError.self) { try small.encode("abcd") }
    }

    @Test("keys that are neither strings nor integers are refused, and so is nothing else about their map")
    func keys() throws {
        let bytes: Bytes = [0x81, 0xC3, 0x01]
        #expect(throws: MessagePackError.self) { try format.value(of: bytes) }
        #expect(try format.value(of: [0x82, 0xA1, 0x61, 0x01, 0xA1, 0x61, 0x02]) == ["a": 2])
        #expect(try format.decode([Int: String].self, from: [0x81, 0x07, 0xA1, 0x78]) == [7: "x"])
        #expect(throws: MessagePackError.self) { try format.decode([String: Int].self, from: bytes) }
    }

    @Test("walks to one field without building a tree")
    func access() throws {
        let payload = Payload(
            try format.encode(value: ["user": ["id": 7, "tags": ["a", nil, 1.5, true]]]),
            format: format
        )
        #expect(payload["user"]?["id"]?.integer == 7)
        #expect(payload["user"]?["tags"]?[0]?.string == "a")
        #expect(payload["user"]?["tags"]?[1]?.isNull == true)
        #expect(payload["user"]?["tags"]?[2]?.double == 1.5)
        #expect(payload["user"]?["tags"]?[3]?.boolean == true)
        #expect(payload["user"]?["tags"]?[4] == nil)
        #expect(payload["nobody"] == nil)
        #expect(payload[0] == nil)
    }
}
