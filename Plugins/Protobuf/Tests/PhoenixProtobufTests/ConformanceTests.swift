import ChatMessages
import PhoenixJSON
import PhoenixKit
import PhoenixProtobuf
import PhoenixTesting
import SwiftProtobuf
import Testing

@Test("the serializer that carries messages of Protocol Buffers keeps the rules with them as payloads")
func conformance() throws {
    let payload = try PayloadContent.protobuf(Chat_Line.with { $0.body = "hi" }).encode(in: JSONFormat())
    try SerializerConformance(JSONSerializer.v2, payloads: [payload]).check()
}
