import Foundation

/// The files of the repository that these tests are part of, for tests that keep its documents true.
struct Repository {
    private let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    /// The files below `folder` whose names end in `suffix`, by their paths from there.
    func files(in folder: String, endingIn suffix: String) -> [String] {
        let all = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        return (all?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(suffix) }
    }

    /// The sources of all tests.
    func tests() throws -> [String] {
        try files(in: "Tests", endingIn: "Tests.swift").map { try text("Tests/\($0)") }
    }
}

extension [String] {
    /// Whether one of these sources has the test `function` of `suite`.
    func have(_ suite: some StringProtocol, _ function: some StringProtocol) -> Bool {
        contains { $0.contains("struct \(suite)") && $0.contains("func \(function)(") }
    }
}
