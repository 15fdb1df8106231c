import PhoenixKit
import PhoenixTesting
import Testing

@Suite("The conformance suite of transports", .timeLimit(.minutes(2)))
struct TransportConformanceTests {
    @Test("the loopback keeps all rules")
    func loopback() async throws {
        let transport = LoopbackTransport()
        try await TransportConformance(transport, peer: LoopbackPeer(transport: transport)).check()
    }

    @Test("a loopback with bounds keeps all rules, and none is left out")
    func boundedLoopback() async throws {
        let transport = BoundedLoopback()
        let report = await TransportConformance(transport, peer: transport).run()
        #expect(report.findings.allSatisfy { $0.verdict == .kept }, "\(report)")
    }

    @Test("a double breaks its rule and no other", arguments: TransportConformance.rules)
    func eachRuleCanFail(_ rule: ConformanceRule) async throws {
        let double = try #require(TransportDouble.breaking(rule.name))
        let report = await TransportConformance(double, peer: double.base, patience: .seconds(5)).run()
        #expect(report.broken.map(\.rule.name) == [rule.name], "\(report)")
        let failure = #expect(throws: ConformanceFailure.self) { try report.check() }
        let text = failure.map { "\($0)" } ?? ""
        for part in [rule.name, rule.sentence, rule.reason, "Expected"] { #expect(text.contains(part)) }
    }
}
