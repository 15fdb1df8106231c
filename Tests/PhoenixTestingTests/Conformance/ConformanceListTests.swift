import Foundation
import PhoenixTesting
import Testing

/// Keeps docs/CONFORMANCE-SUITES.md true; `PHOENIX_WRITE_CONFORMANCE=1` writes it anew.
@Suite("The list of the conformance suites' rules")
struct ConformanceListTests {
    private func section(_ title: String, _ rules: [ConformanceRule], _ fault: (String) -> String?) throws -> String {
        let rows = try rules.map { rule in
            "| `\(rule.name)` | \(rule.sentence) | \(rule.reason) | \(try #require(fault(rule.name))) |"
        }
        return """
            ## \(title)

            | rule | what it says | it matters because | the double that breaks it |
            |---|---|---|---|
            \(rows.joined(separator: "\n"))

            """
    }

    @Test("it names each rule and its double as they are in the code")
    func list() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/CONFORMANCE-SUITES.md")
        let expected = try [
            """
            # The conformance suites

            `PhoenixTesting` brings three suites that say whether a plug-in keeps its contract: `SerializerConformance`,
            `TransportConformance` and `WireExtensionConformance`. Each judges by all its rules and throws an error that
            says which rule broke, what came, and why it matters. For each rule a double, right but for one thing, shows that the
            rule can fail, and that no other fails with it. This page is checked against the code by `ConformanceListTests`.

            """,
            section("Serializers", SerializerConformance.rules) { SerializerDouble.all[$0]?.fault },
            section("Transports", TransportConformance.rules) { TransportDouble.breaking($0)?.fault },
            section("Wire extensions", WireExtensionConformance.rules) { ExtensionDouble.breaking($0)?.fault },
        ].joined(separator: "\n")
        if ProcessInfo.processInfo.environment["PHOENIX_WRITE_CONFORMANCE"] != nil {
            try expected.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == expected)
    }
}
