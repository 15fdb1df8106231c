import Foundation
import Testing

/// Keeps docs/SCENARIOS.md true: each row has a test that exists, or a reason.
@Suite("The table of phoenix.js's scenarios")
struct ScenarioTableTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    }

    @Test("each scenario has tests that exist, or a reason")
    func rows() throws {
        let files = FileManager.default.enumerator(atPath: Self.root.appending(path: "Tests").path)
        let sources = try (files?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix("Tests.swift") }
            .map { try text("Tests/\($0)") }
        let rows = try text("docs/SCENARIOS.md").split(separator: "\n")
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
                let exists = sources.contains { $0.contains("struct \(name.1)") && $0.contains("func \(name.2)(") }
                #expect(exists, "\(name.1)/\(name.2)")
            }
        }
    }
}
