import Foundation
import PhoenixJSON
import PhoenixKit
import PhoenixTestServer

/// One recording of a real server, as it lies in `Tests/Recordings`.
struct Recording {
    struct Entry {
        var isClient: Bool
        var kind: String
        var connection: String
        var milliseconds: Int64
        var value: Value

        var text: String { value["text"]?.string ?? "" }
        var binary: [UInt8] { Array(Data(base64Encoded: value["base64"]?.string ?? "") ?? Data()) }
        var code: UInt16? { value["code"]?.integer.flatMap { UInt16(exactly: $0) } }
        var http: Value { value["http"] ?? [:] }

        var hex: [UInt8] {
            let digits = Array((value["hex"]?.string ?? "").utf8)
            return stride(from: 0, to: digits.count - 1, by: 2).map { index in
                UInt8(String(decoding: digits[index..<(index + 2)], as: UTF8.self), radix: 16) ?? 0
            }
        }
    }

    let name: String
    var entries: [Entry]

    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Recordings")

    init(_ name: String) throws {
        let data = try Data(contentsOf: Self.folder.appendingPathComponent(name + ".json"))
        let values = try JSONFormat().value(of: Bytes(Array(data))).array ?? []
        self.name = name
        entries = values.map { value in
            Entry(
                isClient: value["dir"]?.string == "client",
                kind: value["kind"]?.string ?? "",
                connection: value["conn"]?.string ?? "",
                milliseconds: value["ms"]?.integer ?? 0,
                value: value
            )
        }
    }

    /// Which web server was recorded.
    var adapter: ServerAdapter { name.hasPrefix("cowboy/") ? .cowboy : .bandit }

    /// The names of all recordings, with `cowboy/` in front of those of Cowboy.
    static func names() throws -> [String] {
        try ["", "cowboy/"].flatMap { prefix in
            try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(prefix).path)
                .filter { $0.hasSuffix(".json") && $0 != "INDEX.json" }
                .map { prefix + $0.dropLast(5) }
        }
        .sorted()
    }
}
