import ChatMessages
import Foundation
import PhoenixJSON
import PhoenixKit
import PhoenixProtobuf
import SwiftProtobuf
import Testing

@Suite("Messages of Protocol Buffers as payloads")
struct PayloadTests {
    private let line = Chat_Line.with {
        $0.author = "ada"
        $0.body = "Grüße"
        $0.at = 1_764_040_000
        $0.attachments = [
            .with {
                $0.name = "a.png"; $0.data = .init([0, 0xFF])
            }
        ]
    }

    @Test("a push is a binary frame of version 2.0.0 with nothing but the message in it")
    func push() throws {
        let payload = try PayloadContent.protobuf(line).encode(in: JSONFormat())
        let message = PhoenixKit.Message(
            joinReference: 1,
            reference: 2,
            topic: "room:1",
            event: "line",
            payload: payload
        )
        let frame = try JSONSerializer.v2.encode(message, as: .client)
        #expect(frame.kind == .binary)
        let serialized: [UInt8] = try line.serializedBytes()
        #expect(frame.bytes.array == [0, 1, 1, 6, 4] + Array("12room:1line".utf8) + serialized)
        #expect(try JSONSerializer.v2.decode(frame, as: .server).payload.decode(protobuf: Chat_Line.self) == line)
    }

    @Test("a reply carries a message, too")
    func reply() throws {
        let receipt = Chat_Receipt.with { $0.id = 7 }
        let payload = try PayloadContent.protobuf(receipt).encode(in: JSONFormat())
        let message = PhoenixKit.Message(
            joinReference: 1,
            reference: 2,
            topic: "room:1",
            event: "phx_reply",
            status: "ok",
            payload: payload
        )
        let decoded = try JSONSerializer.v2.decode(JSONSerializer.v2.encode(message, as: .server), as: .client)
        #expect(try decoded.payload.decode(protobuf: Chat_Receipt.self) == receipt)
    }

    @Test("JSON reads by the JSON mapping")
    func json() throws {
        let payload = Payload(#"{"author":"ada","at":"5","unknown":1}"#, format: JSONFormat())
        let line: Chat_Line = try payload.decode(protobuf: Chat_Line.self)
        #expect(line.author == "ada")
        #expect(line.at == 5)
        let error = #expect(throws: PhoenixError.self) {
            try payload.decode(protobuf: Chat_Line.self, isLenient: false)
        }
        #expect(error?.code == .decoding)
    }

    @Test("an empty message is no bytes")
    func empty() throws {
        #expect(try PayloadContent.protobuf(Chat_Line()).encode(in: JSONFormat()) == Payload(binary: []))
        #expect(try Payload(binary: []).decode(protobuf: Chat_Line.self) == Chat_Line())
    }

    @Test("what is cut off, damaged, in another format or too deep throws an error that says so")
    func malformed() throws {
        let bytes: [UInt8] = try line.serializedBytes()
        let payloads = [
            Payload(binary: Bytes(Array(bytes.dropLast()))), Payload(binary: [0xFF]), Payload(binary: [0x0A, 0x05]),
            Payload(binary: [0x0A, 0x01, 0xFF]), Payload("[]", format: JSONFormat()),
            Payload("{", format: JSONFormat()),
        ]
        for payload in payloads {
            let error = #expect(throws: PhoenixError.self) { try payload.decode(protobuf: Chat_Line.self) }
            #expect(error?.code == .decoding)
            #expect(error?.cause != nil)
        }
        #expect(throws: PhoenixError.self) {
            try Payload(binary: Bytes(bytes)).decode(protobuf: Chat_Line.self, depth: 1)
        }
        #expect(throws: Never.self) { try Payload(binary: Bytes(bytes)).decode(protobuf: Chat_Line.self, depth: 2) }
    }

    @Test("damaged data never traps")
    func damaged() throws {
        let seed = UInt64.random(in: 1 ... .max)
        print("PHOENIX_SEED=\(seed)")
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(max(bound, 1)))
        }
        let whole: [UInt8] = try line.serializedBytes()
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0...next(3) { bytes[next(bytes.count)] = UInt8(next(256)) }
            if (try? Payload(binary: Bytes(bytes)).decode(protobuf: Chat_Line.self)) == nil { refused += 1 }
        }
        #expect(refused > 2_000)
    }
}
