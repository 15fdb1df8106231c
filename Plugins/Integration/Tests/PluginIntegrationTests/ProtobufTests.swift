internal import ChatMessages
internal import Phoenix
internal import PhoenixProtobuf
internal import PhoenixTestServer
internal import PhoenixTesting
internal import SwiftProtobuf
internal import Testing

@Suite("Messages of Protocol Buffers over the WebSocket", .timeLimit(.minutes(1)))
struct ProtobufTests {
    @Test("lines are pushed, answered and broadcast; the join is answered in JSON")
    func conversation() async throws {
        let line = Chat_Line.with {
            $0.author = "ada"
            $0.body = "Grüße"
            $0.attachments = [.with { $0.name = "a.png" }]
        }
        try await Exchange.run([JSONSerializer.v2]) { channel in
            channel.on("line") { context, message in
                let line = try message.payload.decode(protobuf: Chat_Line.self)
                try context.broadcast("line", .protobuf(line))
                return .reply("ok", try .protobuf(Chat_Receipt.with { $0.id = UInt64(line.body.utf8.count) }))
            }
        } _: { exchange in
            let socket = try await exchange.socket()
            defer { socket.stop() }
            let joined = try await socket.join("room:1", ["author": "ada"])
            #expect(try joined.response["you said"]?.decode(protobuf: Chat_Line.self).author == "ada")
            let (status, response) = try await socket.pushSync("room:1", "line", .protobuf(line))
            #expect(status == "ok")
            #expect(try response.decode(protobuf: Chat_Receipt.self).id == 7)
            let heard = try await socket.awaitMessage(event: "line")
            #expect(heard.payload.isBinary)
            #expect(try heard.payload.decode(protobuf: Chat_Line.self) == line)
        }
    }
}
