import Foundation
import Testing

/// Keeps docs/CONFORMANCE.md true: it names all recordings, all tests of the seed, and only tests that exist.
@Suite("The table of conformance")
struct ConformanceTests {
    private let repository = Repository()

    /// The cells of the rows below the heading that begins with `heading`.
    private func rows(under heading: String) throws -> [[String]] {
        let document = try repository.text("docs/CONFORMANCE.md")
        let start = try #require(document.range(of: "\n## \(heading)"))
        let section = document[start.upperBound...]
        let end = section.range(of: "\n## ")?.lowerBound ?? section.endIndex
        return section[..<end].split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst().map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    @Test("every recording has its row, with the tests that replay it or the reason why none does")
    func recordings() throws {
        let recordings = repository.files(in: "Tests/Recordings", endingIn: ".json")
            .filter { $0 != "INDEX.json" }
            .map { "`\($0.dropLast(5))`" }
        let rows = try rows(under: "Recordings")
        #expect(recordings.count >= 56)
        #expect(rows.map { $0[0] }.sorted() == recordings.sorted())
        for row in rows {
            #expect(row.count == 4, "\(row[0])")
            let isClientDone = row[2].contains("`RecordingReplayTests/replay`")
            #expect(isClientDone || row[0].contains("lp_") && row[2].contains(": "), "\(row[0])")
            #expect(row[3].hasPrefix("`ReplayTests/") || row[3].contains(": "), "\(row[0])")
        }
    }

    @Test("every recording that the server's tests replay is said to be, and no other")
    func replayedByTheServer() throws {
        let source = try repository.text("Tests/PhoenixTestServerTests/ReplayTests.swift")
        let list = try #require(source.firstMatch(of: /static let names = \[(?<names>[^\]]*)\]/))
        let names = list.names.matches(of: /"([a-z0-9_\/]+)"/).map { "`\($0.1)`" }
        let said = try rows(under: "Recordings").filter { $0[3].contains("`ReplayTests/replay`") }.map { $0[0] }
        #expect(said.sorted() == names.sorted())
    }

    @Test("each of the 22 tests of the seed has its row, under the name and the function it has")
    func seed() throws {
        let source = try repository.text("Tests/PhoenixTests/SeedTests.swift")
        let tests = source.matches(of: /@Test\("(\d+) ([^"]+)"[^\n]*\n\s+func (\w+)/).map {
            [String($0.1), String($0.2), "`SeedTests/\($0.3)`"]
        }
        #expect(tests.map { $0[0] } == (1...22).map(String.init))
        let rows = try rows(under: "The tests of phoenix_gen_socket_client").map { Array($0.prefix(3)) }
        #expect(rows == tests)
    }

    @Test("the tests it names exist")
    func namedTestsExist() throws {
        let sources = try repository.tests()
        let document = try repository.text("docs/CONFORMANCE.md")
        let named = Set(document.matches(of: /`(\w+Tests)\/(\w+)`/).map { "\($0.1)/\($0.2)" })
        #expect(named.count > 22)
        for name in named {
            let parts = name.split(separator: "/")
            #expect(sources.have(parts[0], parts[1]), "\(name)")
        }
    }
}
