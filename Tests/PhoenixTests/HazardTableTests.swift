import Foundation
import Testing

/// Keeps docs/HAZARDS.md true: each hazard has tests and mutations that exist.
@Suite("The table of hazards")
struct HazardTableTests {
    private let repository = Repository()

    @Test("each of the 36 has a rule, tests and mutations that exist, and no mutation of one is left out")
    func rows() throws {
        let sources = try repository.tests()
        let patches = repository.files(in: "scripts/mutations.d", endingIn: ".patch")
            .map { String($0.dropLast(".patch".count)) }
        let rows = try repository.text("docs/HAZARDS.md").split(separator: "\n").filter { $0.hasPrefix("| B") }
        #expect(rows.count == 36)
        var named: Set<String> = []
        for (index, row) in rows.enumerated() {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 4 else {
                Issue.record("\(row)")
                continue
            }
            #expect(cells[0] == "B\(index + 1)")
            let tests = cells[2].matches(of: /`(\w+Tests)\/(\w+)`/)
            #expect(!tests.isEmpty && tests.count == cells[2].split(separator: ",").count, "\(row)")
            for test in tests {
                #expect(sources.have(test.1, test.2), "\(test.1)/\(test.2)")
            }
            let mutations = cells[3].matches(of: /`([\w-]+)`/).map { String($0.1) }
            #expect(!mutations.isEmpty, "\(row)")
            for mutation in mutations { #expect(patches.contains(mutation), "\(mutation)") }
            named.formUnion(mutations)
        }
        for patch in patches where patch.firstMatch(of: /^(managed-)?B\d+-/) != nil {
            #expect(named.contains(patch), "\(patch) is not in the table")
        }
    }
}
