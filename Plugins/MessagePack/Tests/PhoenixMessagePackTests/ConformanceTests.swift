import PhoenixMessagePack
import PhoenixTesting
import Testing

@Test("MessagePack keeps the rules of all serializers")
func conformance() throws {
    try SerializerConformance(MessagePackSerializer()).check()
}
