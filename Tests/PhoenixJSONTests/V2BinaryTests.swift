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
