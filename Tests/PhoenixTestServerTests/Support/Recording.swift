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

        /// Replaces a member of `http`.
        mutating func replace(_ key: String, with text: String) {
            var http = http.object ?? [:]
            http[key] = .string(text)
            var members = value.object ?? [:]
            members["http"] = .object(http)
            value = .object(members)
        }

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
        restoreElidedBodies()
    }

    /// Gives the bodies that were left out of the recordings because of their size a form that `inflated` knows.
    private mutating func restoreElidedBodies() {
        var reference = 1
        for index in entries.indices {
            let body = entries[index].http["body"]?.string ?? ""
            guard body.hasSuffix(" bytes, elided)"), let size = Int(body.dropFirst().prefix { $0 != " " }) else {
                continue
            }
            reference += 1
            entries[index].replace(
                "body",
                with: #"["1","\#(reference)","room:big","status_only",{"pad":"\#(size - 45) times x"}]"#
            )
        }
    }

    /// A body with what was left out of it.
    static func inflated(_ body: String) -> String {
        guard let match = body.firstMatch(of: /"([0-9]+) times x"/), let size = Int(match.1) else { return body }
        return body.replacingCharacters(in: match.range, with: "\"" + String(repeating: "x", count: size) + "\"")
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
