import PhoenixDeflate
import PhoenixKit
import PhoenixTesting
import Testing

@Suite("The conformance suite of wire extensions")
struct WireExtensionConformanceTests {
    @Test("permessage-deflate keeps all rules")
    func deflate() throws {
        try WireExtensionConformance(PermessageDeflate(), server: ExtensionDouble.server).check()
    }

    @Test("a double breaks its rule and no other", arguments: WireExtensionConformance.rules)
    func eachRuleCanFail(_ rule: ConformanceRule) throws {
        let double = try #require(ExtensionDouble.breaking(rule.name))
        let report = WireExtensionConformance(double, server: ExtensionDouble.server).run()
        #expect(report.broken.map(\.rule.name) == [rule.name], "\(report)")
        let failure = #expect(throws: ConformanceFailure.self) { try report.check() }
        let text = failure.map { "\($0)" } ?? ""
        for part in [rule.name, rule.sentence, rule.reason, "Expected"] { #expect(text.contains(part)) }
    }
}
