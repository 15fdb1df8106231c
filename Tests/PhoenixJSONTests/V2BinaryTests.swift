import PhoenixJSON
import PhoenixKit
import Testing

/// The vectors of phoenix.js (serializer_test.js), and the limits of the header.
@Suite struct V2BinaryTests {
    let serializer = JSONSerializer.v2

    private func frame(_ header: [UInt8], _ text: String, _ data: [UInt8]) -> Frame {
        .binary(Bytes(header + Array(text.utf8) + data))
    }

    @Test func aClientsPushHasFiveHeaderBytes() throws {
        let message = Message(
            joinReference: "10",
            reference: "1",
            topic: "top",
            event: "ev",
            payload: Payload(binary: [1])
        )
        let wire = frame([0, 2, 1, 3, 2], "101topev", [1])
        #expect(try serializer.encode(message, as: .client) == wire)
        #expect(try serializer.decode(wire, as: .server) == message)
    }

    @Test func aServersPushHasFourHeaderBytesAndNoReference() throws {
        let message = Message(
            joinReference: "123",
            topic: "top",
            event: "some-event",
            payload: Payload(binary: [1, 1])
        )
        let wire = frame([0, 3, 3, 10], "123topsome-event", [1, 1])
        #expect(try serializer.encode(message, as: .server) == wire)
        #expect(try serializer.decode(wire, as: .client) == message)
    }

    @Test func aReplyCarriesItsStatus() throws {
        let message = Message(
            joinReference: "100",
            reference: "12",
            topic: "top",
            event: "phx_reply",
            status: "ok",
            payload: Payload(binary: [1, 1])
        )
        let wire = frame([1, 3, 2, 3, 2], "10012topok", [1, 1])
        #expect(try serializer.encode(message, as: .server) == wire)
        #expect(try serializer.decode(wire, as: .client) == message)
    }

    @Test func aBroadcastHasNoReferences() throws {
        let message = Message(topic: "top", event: "some-event", payload: Payload(binary: [1, 1]))
        let wire = frame([2, 3, 10], "topsome-event", [1, 1])
        #expect(try serializer.encode(message, as: .server) == wire)
        #expect(try serializer.decode(wire, as: .client) == message)
    }

    @Test func aFieldOf255BytesFitsAndOneMoreDoesNot() throws {
        let fits = String(repeating: "é", count: 127) + "x"
        let message = { (join: Reference?, ref: Reference?, topic: String, event: String, status: String?) in
            Message(
                joinReference: join,
                reference: ref,
                topic: topic,
                event: event,
                status: status,
                payload: Payload(binary: [1])
            )
        }
        for role in Role.allCases {
            let sent = message(Reference(text: fits), nil, fits, fits, nil)
            #expect(try serializer.decode(serializer.encode(sent, as: role), as: role.peer) == sent)
        }
        let long = fits + "y"
        let tooLong: [(String, Role, Message)] = [
            ("join_ref", .client, message(Reference(text: long), 1, "t", "e", nil)),
            ("ref", .client, message(1, Reference(text: long), "t", "e", nil)),
            ("topic", .client, message(1, 1, long, "e", nil)),
            ("event", .client, message(1, 1, "t", long, nil)),
            ("event", .server, message(1, nil, "t", long, nil)),
            ("topic", .server, message(nil, nil, long, "e", nil)),
            ("status", .server, message(1, 1, "t", "phx_reply", long)),
        ]
        for (field, role, message) in tooLong {
            let error = #expect(throws: PhoenixError.self) { try serializer.encode(message, as: role) }
            #expect(error?.code == .encoding)
            #expect(error?.message.contains("a \(field) of at most 255 bytes") == true)
            #expect(error?.message.contains("256 bytes") == true)
        }
    }

    @Test func aClientCannotReplyInBinary() {
        let message = Message(topic: "t", event: "phx_reply", status: "ok", payload: Payload(binary: [1]))
        let error = #expect(throws: PhoenixError.self) { try serializer.encode(message, as: .client) }
        #expect(error?.code == .encoding)
    }

    @Test func referencesOfNoBytesAreNone() throws {
        let wire = frame([0, 0, 0, 1, 1], "te", [])
        let message = try serializer.decode(wire, as: .server)
        #expect(message.joinReference == nil)
        #expect(message.reference == nil)
        #expect(message.payload.bytes.isEmpty)
        #expect(try serializer.encode(message, as: .client) == wire)
    }

    @Test func referencesAreNumbersWhereTheyAreCanonical() throws {
        let message = try serializer.decode(frame([0, 2, 3, 1, 1], "12007te", []), as: .server)
        #expect(message.joinReference?.number == 12)
        #expect(message.reference == Reference(text: "007"))
        #expect(message.reference?.number == nil)
    }

    @Test func fieldsMustBeUTF8() {
        let topic = Frame.binary([2, 1, 1, 0xFF, 0x65, 1])
        let status = Frame.binary([1, 0, 0, 1, 1, 0x74, 0xC0])
        for wire in [topic, status] {
            let error = #expect(throws: PhoenixError.self) { try serializer.decode(wire, as: .client) }
            #expect(error?.code == .decoding)
        }
        let message = Message(
            joinReference: nil,
            reference: nil,
            topicBytes: [0xFF],
            eventBytes: [0x65],
            payload: Payload(binary: [])
        )
        #expect(throws: PhoenixError.self) { try serializer.encode(message, as: .client) }
    }

    @Test func aHeaderThatIsCutOffIsATypedError() throws {
        let whole: [UInt8] = [1, 3, 2, 3, 2] + Array("10012topok".utf8)
        #expect(try serializer.decode(.binary(Bytes(whole)), as: .client).payload.bytes.isEmpty)
        for length in 0..<whole.count {
            let error = #expect(throws: PhoenixError.self) {
                try serializer.decode(.binary(Bytes(whole)[0..<length]), as: .client)
            }
            #expect(error?.code == .decoding)
        }
    }

    @Test func unknownKindsAndARepliesEventInAPushAreTypedErrors() {
        for kind: UInt8 in [3, 4, 91, 255] {
            for role in Role.allCases {
                #expect(throws: PhoenixError.self) {
                    try serializer.decode(frame([kind, 0, 0, 0, 0], "", []), as: role)
                }
            }
        }
        #expect(throws: PhoenixError.self) { try serializer.decode(frame([1, 0, 0, 1, 2], "tok", []), as: .server) }
        #expect(throws: PhoenixError.self) { try serializer.decode(frame([2, 1, 9], "tphx_reply", []), as: .client) }
    }

    @Test func aServersPushLeavesItsReferenceOut() throws {
        let message = Message(joinReference: nil, reference: 5, topic: "t", event: "e", payload: Payload(binary: [1]))
        #expect(try serializer.encode(message, as: .server) == frame([0, 0, 1, 1], "te", [1]))
    }

    @Test func textOfTheWireReadsInBothRoles() throws {
        let wire = Frame.text(#"["1","2","top","phx_reply",{"response":{"a":1},"status":"ok"}]"#)
        for role in Role.allCases {
            let message = try serializer.decode(wire, as: role)
            #expect(message.status == "ok")
            #expect(message.payload["a"]?.integer == 1)
            #expect(try serializer.encode(message, as: role.peer) == wire)
        }
    }
}
