import PhoenixKit
import PhoenixMessagePack
import Testing

/// Damaged and invented input: all of it decodes or throws, and what decodes can be said again.
@Suite("Damaged MessagePack")
struct FuzzTests {
    #if DEBUG
    private static let count = 100_000
    #else
    private static let count = 1_000_000
    #endif

    private struct Chat: Codable {
        var id: Int?
        var body: String?
        var tags: [String]?
        var at: MessagePackTimestamp?
    }

    @Test("no input traps, and what reads as a value or a message can be written and read again")
    func inputs() throws {
        let seed = UInt64.random(in: 1 ... .max)
        print("PHOENIX_SEED=\(seed)")
        var random = Dice(state: seed)
        let format = MessagePackFormat(limits: MessagePackLimits(size: 1 << 16))
        let serializer = MessagePackSerializer(limits: MessagePackLimits(size: 1 << 16))
        let seeds = try Self.seeds()
        var (values, messages, refused) = (0, 0, 0)
        for _ in 0..<Self.count {
            let bytes = Bytes(random.damage(seeds[random.below(seeds.count)]))
            if let value = try? format.value(of: bytes) {
                values += 1
                let again = try format.encode(value: value)
                // Compared as bytes, because NaN is not equal to itself.
                #expect(try format.encode(value: format.value(of: again)) == again)
            } else {
                refused += 1
            }
            _ = try? format.decode(Chat.self, from: bytes)
            _ = try? format.decode([String: Payload].self, from: bytes)
            _ = format.member("body", of: bytes)
            _ = format.element(1, of: bytes)
            for role in Role.allCases {
                guard let message = try? serializer.decode(.binary(bytes), as: role) else { continue }
                messages += 1
                #expect(try serializer.decode(serializer.encode(message, as: role.peer), as: role) == message)
            }
        }
        // Damage that always, or never, breaks the input would try nothing.
        #expect(values > Self.count / 100 && messages > Self.count / 100 && refused > Self.count / 100)
    }

    private static func seeds() throws -> [[UInt8]] {
        let time = MessagePackTimestamp(seconds: 1 << 40, nanoseconds: 5)?.value ?? nil
        let values: [Value] = [
            ["1", "2", "room:1", "new_msg", ["id": 7, "body": "hi", "tags": ["a", "b"], "at": time]],
            [nil, 2, "room:1", "phx_reply", ["status": "ok", "response": ["x": 1.5, "y": .bytes([1, 2])]]],
            ["1", nil, "ü", "e", .bytes([0, 255])],
            ["id": -70_000, "body": .string(String(repeating: "é", count: 40)), "deep": [[[[[[[[[[1]]]]]]]]]]],
            .array((0..<40).map { Value($0 * 1_000) }), .extension(type: 4, data: [1, 2, 3]), .unsigned(.max),
        ]
        return try values.map { try MessagePackFormat().encode(value: $0).array } + [[]]
    }

    /// SplitMix64, so that a seed gives the same run everywhere.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

        mutating func damage(_ seed: [UInt8]) -> [UInt8] {
            var bytes = seed
            if below(8) == 0 { bytes = (0..<below(24)).map { _ in UInt8(truncatingIfNeeded: next()) } }
            for _ in 0..<below(4) {
                let offset = below(bytes.count + 1)
                switch below(5) {
                case 0 where offset < bytes.count: bytes[offset] ^= 1 << UInt8(below(8))
                case 1 where offset < bytes.count: bytes[offset] = UInt8(truncatingIfNeeded: next())
                // The markers of everything that is longer than a byte, and of nothing.
                case 2: bytes.insert(0xC0 + UInt8(below(32)), at: offset)
                case 3 where offset < bytes.count: bytes.remove(at: offset)
                default: bytes.removeLast(min(below(4), bytes.count))
                }
            }
            return bytes
        }
    }
}
