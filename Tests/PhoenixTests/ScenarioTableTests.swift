import Foundation
import Testing

/// Keeps docs/SCENARIOS.md true: each row has a test that exists, or a reason.
@Suite("The table of phoenix.js's scenarios")
struct ScenarioTableTests {
    private let repository = Repository()

    @Test("each scenario has tests that exist, or a reason")
    func rows() throws {
        let sources = try repository.tests()
        let rows = try repository.text("docs/SCENARIOS.md").split(separator: "\n")
            .filter { $0.hasPrefix("| ") && !$0.hasPrefix("| ---") && !$0.hasPrefix("| Scenario ") }
        #expect(rows.count > 150)
        for row in rows {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count >= 2 else {
                Issue.record("\(row)")
                continue
            }
            let names = cells[1].matches(of: /`(\w+Tests)\/(\w+)`/)
            #expect(!names.isEmpty || cells[1].contains(": "), "\(row)")
            for name in names {
                #expect(sources.have(name.1, name.2), "\(name.1)/\(name.2)")
            }
        }
    }
}
