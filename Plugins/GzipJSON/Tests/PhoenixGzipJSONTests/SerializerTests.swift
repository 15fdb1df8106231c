import Foundation
import PhoenixGzipJSON
import PhoenixJSON
import PhoenixKit
import Testing

@Suite("The serializer of JSON in gzip")
struct SerializerTests {
    private let serializer = GzipJSONSerializer()

    private func message(_ json: String, _ event: String = "new_msg", status: String? = nil) -> Message {
        Message(
            joinReference: 1,
            reference: 2,
            topic: "room:1",
            event: event,
            status: status,
            payload: Payload(Bytes(json), format: JSONFormat())
        )
    }

    @Test("messages come back as they were, in both roles and at every level", arguments: Role.allCases)
    func roundTrip(_ role: Role) throws {
        for level in [-5, 0, 1, 6, 9, 50] {
            let serializer = GzipJSONSerializer(level: level)
            for message in [message(#"{"a":[1,null]}"#), message("{}", "phx_reply", status: "ok")] {
                let frame = try serializer.encode(message, as: role)
                #expect(frame.kind == .binary)
                #expect(try serializer.decode(frame, as: role.peer) == message)
            }
        }
    }

    // Made by gzip 1.12: printf '["1","2","room:1","new_msg",{"body":"hi"}]' | gzip -n | base64
    @Test("reads what another implementation wrote, and writes gzip")
    func foreign() throws {
        let data = try #require(
            Data(base64Encoded: "H4sIAAAAAAAAA4tWMlTSUTIC4qL8/FwrECcvtTw+tzhdSadaKSk/pVLJSikjU6k2FgD34YU7KgAAAA==")
        )
        let decoded = try serializer.decode(.binary(Bytes([UInt8](data))), as: .client)
        #expect(decoded == message(#"{"body":"hi"}"#))
        #expect(try Array(serializer.encode(decoded, as: .client).bytes.prefix(3)) == [0x1F, 0x8B, 0x08])
    }

    @Test("what is no gzip, not whole, damaged or followed by more is refused")
    func malformed() throws {
        let bytes = try serializer.encode(message(#"{"a":"bbbbbbbbbbbb"}"#), as: .client).bytes.array
        for end in 0..<bytes.count {
            let error = #expect(throws: PhoenixError.self) {
                try serializer.decode(.binary(Bytes(Array(bytes[..<end]))), as: .server)
            }
            #expect(error?.code == .decoding)
        }
        var damaged = bytes
        // The checksum of the message.
        damaged[bytes.count - 5] ^= 1
        let others: [Frame] = [
            .binary(Bytes(damaged)), .binary(Bytes(bytes + [0])), .binary(Bytes(bytes + bytes)), .text(Bytes(bytes)),
            .binary("[null,null,\"t\",\"e\",{}]"),
        ]
        for frame in others {
            let error = #expect(throws: PhoenixError.self) { try serializer.decode(frame, as: .server) }
            #expect(error?.code == .decoding)
        }
    }

    @Test("a bomb is refused when the bound is passed, by size and by ratio")
    func bombs() throws {
        let zeros = message("[" + String(repeating: "0,", count: 1_000_000) + "0]")
        let frame = try serializer.encode(zeros, as: .client)
        #expect(frame.bytes.count < 8_001)
        let byRatio = #expect(throws: PhoenixError.self) { try serializer.decode(frame, as: .server) }
        #expect(byRatio?.code == .limitExceeded)
        let tolerant = GzipJSONSerializer(limits: GzipLimits(ratio: 2_000))
        #expect(try tolerant.decode(frame, as: .server) == zeros)
        // What the JSON of the message has in all.
        let whole = try JSONSerializer.v2.encode(zeros, as: .client).bytes.count
        let exact = GzipJSONSerializer(limits: GzipLimits(size: whole, ratio: .max))
        #expect(throws: Never.self) { try exact.decode(frame, as: .server) }
        let tight = GzipJSONSerializer(limits: GzipLimits(size: whole - 1, ratio: .max))
        let bySize = #expect(throws: PhoenixError.self) { try tight.decode(frame, as: .server) }
        #expect(bySize?.code == .limitExceeded)
        let sending = #expect(throws: PhoenixError.self) { try tight.encode(zeros, as: .client) }
        #expect(sending?.code == .encoding)
    }

    @Test("binary payloads have no place")
    func binary() {
        let error = #expect(throws: PhoenixError.self) {
            try serializer.encode(Message(topic: "t", event: "e", payload: Payload(binary: [1])), as: .client)
        }
        #expect(error?.code == .encoding)
    }

    @Test("damaged frames never trap")
    func damaged() throws {
        let seed = UInt64.random(in: 1 ... .max)
        print("PHOENIX_SEED=\(seed)")
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(max(bound, 1)))
        }
        let whole = try serializer.encode(message(#"{"a":"some text that repeats, some text"}"#), as: .client).bytes
            .array
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0...next(3) { bytes[next(bytes.count)] = UInt8(next(256)) }
            if (try? serializer.decode(.binary(Bytes(bytes)), as: .server)) == nil { refused += 1 }
        }
        #expect(refused > 10_000)
    }

    @Test("the registry makes it with the version it is to have")
    func registered() throws {
        var registry = PluginRegistry.empty
        registry.register(.gzipJSON(version: "3.0.0"))
        let request = PluginRequest(endpoint: try Endpoint("ws://server.test/socket/websocket"), options: [:])
        #expect(try registry.serializers[0].make("3.0.0", request).version == "3.0.0")
        #expect(SerializerPlugin.gzipJSON.name == "gzip-json")
    }
}
