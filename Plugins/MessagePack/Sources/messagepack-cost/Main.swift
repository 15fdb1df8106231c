internal import Foundation
internal import PhoenixJSON
internal import PhoenixKit
internal import PhoenixMessagePack

/// What a message costs in MessagePack and in JSON, in bytes on the wire and in nanoseconds of the processor.
///
/// Both are measured in turns within one run; the ratio is that of the best of each.
@main
struct Main {
    static func main() throws {
        let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 7
        let chat = Chat(
            id: 81_273,
            user: "ada",
            body: "Shall we meet at the old mill at half past nine?",
            at: 1_764_040_000
        )
        let readings = Readings(
            sensor: "roof-7",
            values: (0..<200).map {
                Reading(time: 1_764_040_000 + $0 * 60, value: Double($0) * 0.37 + 11.25, flags: $0 % 4)
            }
        )
        let image = Image(name: "avatar.png", data: Data((0..<4_096).map { UInt8(truncatingIfNeeded: $0 &* 97) }))
        print(
            "payload            |       bytes: MessagePack / JSON |  encode ns: MessagePack / JSON |  decode ns: MessagePack / JSON"
        )
        print(
            "-------------------|--------------------------------|--------------------------------|-------------------------------"
        )
        try compare("a chat message", chat, rounds, 20_000)
        try compare("200 readings", readings, rounds, 300)
        try compare("4 kB of data", image, rounds, 2_000)
    }

    private static func compare<Body: Codable & Equatable & Sendable>(
        _ name: String,
        _ body: Body,
        _ rounds: Int,
        _ count: Int
    ) throws {
        let pack = MessagePackSerializer()
        let json = JSONSerializer.v2
        let packed = try encode(body, pack)
        let text = try encode(body, json)
        guard try decode(packed, Body.self, pack) == body, try decode(text, Body.self, json) == body else {
            throw PhoenixError(.decoding, "Expected what was encoded, got something else.")
        }
        var best = [Double](repeating: .infinity, count: 4)
        for _ in 0..<max(rounds, 1) {
            best[0] = min(best[0], try nanoseconds(count) { try encode(body, pack).bytes.count })
            best[1] = min(best[1], try nanoseconds(count) { try encode(body, json).bytes.count })
            best[2] = min(best[2], try nanoseconds(count) { try decode(packed, Body.self, pack) == body ? 1 : 0 })
            best[3] = min(best[3], try nanoseconds(count) { try decode(text, Body.self, json) == body ? 1 : 0 })
        }
        let columns = [
            column(Double(packed.bytes.count), Double(text.bytes.count)), column(best[0], best[1]),
            column(best[2], best[3]),
        ]
        print(
            name.padding(toLength: 18, withPad: " ", startingAt: 0),
            columns.joined(separator: " | "),
            separator: " | "
        )
    }

    private static func column(_ pack: Double, _ json: Double) -> String {
        String(format: "%8.0f / %8.0f = %8.2f", pack, json, pack / json)
    }

    private static func encode(_ body: some Encodable & Sendable, _ serializer: some Serializer) throws -> Frame {
        let payload = try PayloadContent.encoding(body).encode(in: serializer.payloadFormat)
        let message = Message(joinReference: 4, reference: 1_234, topic: "room:42", event: "new_msg", payload: payload)
        return try serializer.encode(message, as: .client)
    }

    private static func decode<Body: Decodable>(
        _ frame: Frame,
        _ type: Body.Type,
        _ serializer: some Serializer
    ) throws -> Body {
        try serializer.decode(frame, as: .server).payload.decode(type)
    }

    /// The processor's time of one run of `body`, by the clock of the thread.
    private static func nanoseconds(_ count: Int, _ body: () throws -> Int) rethrows -> Double {
        var sum = 0
        let start = processorTime()
        for _ in 0..<count { sum &+= try body() }
        let time = processorTime() - start
        guard sum != 0 else { return .infinity }
        return Double(time) / Double(count)
    }

    private static func processorTime() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

struct Chat: Codable, Equatable, Sendable {
    var id: Int
    var user: String
    var body: String
    var at: Int
}

struct Readings: Codable, Equatable, Sendable {
    var sensor: String
    var values: [Reading]
}

struct Reading: Codable, Equatable, Sendable {
    var time: Int
    var value: Double
    var flags: Int
}

struct Image: Codable, Equatable, Sendable {
    var name: String
    var data: Data
}
