import Foundation
import Testing

@Suite("The README")
struct ReadmeTests {
    private let repository = Repository()

    @Test(
        "its Swift code and that of the articles is compiled with the tests, word for word",
        arguments: [
            ("README.md", "ReadmeCode", 4), ("Choosing-a-transport", "ArticleCode", 3),
            ("Writing-a-serializer", "ArticleCode", 2),
            ("Writing-a-transport", "ArticleCode", 2), ("Testing-your-channels", "ArticleCode", 2),
            ("From-SwiftPhoenixClient", "ArticleCode", 1), ("From-phoenix-js", "ArticleCode", 1),
            ("From-GenSocketClient", "ArticleCode", 1),
        ]
    )
    func code(_ document: String, _ code: String, _ count: Int) throws {
        func words(_ text: some StringProtocol) -> String {
            text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        let compiled = words(try repository.text("Tests/PhoenixTests/\(code).swift"))
        let path = document.hasSuffix(".md") ? document : "docs/PhoenixKit.docc/\(document).md"
        let blocks = try repository.text(path).components(separatedBy: "```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        #expect(blocks.count >= count)
        for block in blocks where !block.contains(".package(") {
            let lines = block.split(separator: "\n").filter { !$0.hasPrefix("import ") }
            #expect(compiled.contains(words(lines.joined(separator: "\n"))), "not compiled: \(block)")
        }
    }

    @Test(
        "the files and scripts it and the other documents name exist",
        arguments: [
            "README.md", "CONTRIBUTING.md", "docs/ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md",
        ]
    )
    func paths(document: String) throws {
        let folders = ["scripts/", "Sources/", "Tests/", "docs/", ".ci/", "Plugins/", "Examples/"]
        for span in try repository.text(document).components(separatedBy: "`").enumerated() where span.offset % 2 == 1 {
            let path = span.element.split(separator: " ").first.map(String.init) ?? ""
            guard folders.contains(where: path.hasPrefix), !path.contains("*") else { continue }
            #expect(repository.exists(path), "\(path)")
        }
    }
}
