import PhoenixKit
import PhoenixTesting
import Testing

/// One case after the other: the rule about memory counts all that is live in this process, which others must not fill meanwhile.
@Suite("The conformance suite of transports", .timeLimit(.minutes(3)), .serialized)
struct TransportConformanceTests {
    private static let memory = "transport.memory"

    /// The rules that are broken in each of several runs.
    ///
    /// What other tests allocate meanwhile may look like a leak once, but not again and again.
    private func broken(_ report: () async -> ConformanceReport) async -> [String] {
        var names: [String] = []
        for _ in 0..<3 {
            names = await report().broken.map(\.rule.name)
            if names != [Self.memory] { break }
        }
        return names
    }

    @Test("the loopback keeps all rules")
    func loopback() async throws {
        let transport = LoopbackTransport()
        let suite = TransportConformance(transport, peer: LoopbackPeer(transport: transport))
        #expect(await broken { await suite.run() } == [])
    }

    @Test("a loopback with bounds keeps all rules, and none is left out")
    func boundedLoopback() async throws {
        let transport = BoundedLoopback()
        let suite = TransportConformance(transport, peer: transport)
        #expect(await broken { await suite.run() } == [])
        #expect(await suite.run().findings.allSatisfy { $0.verdict == .kept || $0.rule.name == Self.memory })
    }

    /// The rules that a double can break in this build: the thread sanitizer brings an allocator of its own, whose bytes mallinfo2 does not
    /// count.
    private static var breakable: [ConformanceRule] {
        #if THREAD_SANITIZER
        TransportConformance.rules.filter { $0.name != memory }
        #else
        TransportConformance.rules
        #endif
    }

    @Test("a double breaks its rule and no other", arguments: breakable)
    func eachRuleCanFail(_ rule: ConformanceRule) async throws {
        let double = try #require(TransportDouble.breaking(rule.name))
        let report = await TransportConformance(double, peer: double.base, patience: .seconds(5)).run()
        let names = report.broken.map(\.rule.name).filter { $0 != Self.memory || rule.name == Self.memory }
        #expect(names == [rule.name], "\(report)")
        let failure = #expect(throws: ConformanceFailure.self) { try report.check() }
        let text = failure.map { "\($0)" } ?? ""
        for part in [rule.name, rule.sentence, rule.reason, "Expected"] { #expect(text.contains(part)) }
    }
}
