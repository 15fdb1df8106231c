import PhoenixGzipJSON
import PhoenixTesting
import Testing

@Test("JSON in gzip keeps the rules of all serializers, but for binary payloads")
func conformance() throws {
    try SerializerConformance(GzipJSONSerializer(), omitting: .binaryPayloads).check()
}
