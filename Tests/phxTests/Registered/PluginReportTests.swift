import Phoenix
import Testing

@testable import phx

@Suite("The report of what is registered")
struct PluginReportTests {
    /// Writes binary frames alone, as MessagePack does.
    private struct Binary: Serializer {
        let base = JSONSerializer.v2
        var name: String { "binary" }
        var version: String { "2.0.0" }
        var payloadFormat: any PayloadFormat { base.payloadFormat }
        var capabilities: SerializerCapabilities {
            SerializerCapabilities(emits: [.binary], accepts: [.binary], isLineBatchable: false)
        }
        func encode(_ message: Message, as role: Role) throws -> Frame { try base.encode(message, as: role) }
        func decode(_ frame: Frame, as role: Role) throws -> Message { try base.decode(frame, as: role) }
    }

    @Test("every pair of the standard registry fits, and what long polling cannot do is noted")
    func standard() {
        let report = PluginReport(.standard)
        #expect(
            report.pairs.map { "\($0.transport) \($0.serializer)" } == [
                "websocket json 2.0.0", "websocket json 1.0.0", "longpoll json 2.0.0", "longpoll json 1.0.0",
            ]
        )
        #expect(report.pairs.allSatisfy { $0.refusal == nil })
        #expect(report.pairs[2].notes.contains { $0.contains("binary") })
    }

    @Test("a pair that does not fit is shown with the reason, for people and machines")
    func unfit() throws {
        var registry = PluginRegistry.standard
        registry.register(SerializerPlugin(name: "binary", versions: ["2.0.0"]) { _, _ in Binary() })
        let report = PluginReport(registry)
        let pair = try #require(report.pairs.last)
        #expect(pair.transport == "longpoll")
        #expect(pair.refusal?.contains("binary") == true)
        let lines = report.lines(Style(isColoured: false))
        #expect(lines.contains("  ✗ longpoll + binary 2.0.0"))
        #expect(lines.contains("  ✓ websocket + binary 2.0.0"))
        #expect(report.value["pairs"]?[5]?["fits"] == .boolean(false))
    }
}
