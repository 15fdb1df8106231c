import PhoenixJSON
import PhoenixKit
import PhoenixTesting
import Testing

@Suite("The conformance suite of serializers")
struct SerializerConformanceTests {
    @Test("JSON of version 2.0.0 keeps all rules")
    func version2() throws {
        try SerializerConformance(JSONSerializer.v2).check()
    }

    @Test("JSON of version 1.0.0 keeps all rules but for what its wire leaves out")
    func version1() throws {
        try SerializerConformance(JSONSerializer.v1, omitting: [.joinReferenceFromServer, .binaryPayloads]).check()
        let broken = SerializerConformance(JSONSerializer.v1).run().broken.map(\.rule.name)
        #expect(broken.contains("serializer.binary-payloads"))
        #expect(broken.contains("serializer.server-to-client"))
    }

    @Test("there is a double for each rule")
    func doubles() {
        #expect(SerializerDouble.all.keys.sorted() == SerializerConformance.rules.map(\.name).sorted())
    }

    @Test("a double breaks its rule and no other", arguments: SerializerConformance.rules)
    func eachRuleCanFail(_ rule: ConformanceRule) throws {
        let double = try #require(SerializerDouble.all[rule.name])
        let report = SerializerConformance(double, omitting: double.omissions).run()
        #expect(report.broken.map(\.rule.name) == [rule.name], "\(report)")
        let failure = #expect(throws: ConformanceFailure.self) { try report.check() }
        let text = failure.map { "\($0)" } ?? ""
        for part in [rule.name, rule.sentence, rule.reason, "Expected"] { #expect(text.contains(part)) }
    }

    @Test("names and sentences of the rules are told apart")
    func names() {
        let rules = SerializerConformance.rules
        #expect(Set(rules.map(\.name)).count == rules.count)
        #expect(Set(rules.map(\.sentence)).count == rules.count)
        #expect(rules.allSatisfy { $0.sentence.hasSuffix(".") && $0.reason.hasSuffix(".") })
    }
}
