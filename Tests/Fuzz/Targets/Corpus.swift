private import Foundation

/// What a real server and its clients said, from the recordings.
struct Corpus: Sendable {
    /// Frames as they were on the wire, the server's alone.
    private(set) var serverFrames: [[UInt8]] = []
    /// Heads of HTTP answers.
    private(set) var heads: [[UInt8]] = []
    /// Whole text messages, of both ends.
    private(set) var texts: [[UInt8]] = []
    /// Whole binary messages, of both ends.
    private(set) var binaries: [[UInt8]] = []
    /// Bodies of HTTP answers.
    private(set) var bodies: [[UInt8]] = []
    /// URLs, without scheme and host.
    private(set) var targets: [String] = []

    /// Reads all recordings in `folder`; what cannot be read is left out.
    init(folder: String) {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        for name in names.filter({ $0.hasSuffix(".json") && $0 != "INDEX.json" }).sorted() {
            let url = URL(filePath: folder).appending(path: name)
            guard let data = try? Data(contentsOf: url),
                let entries = try? JSONSerialization.jsonObject(with: data) as? [[String: Any]]
            else { continue }
            for entry in entries { add(entry) }
        }
        serverFrames = Self.distinct(serverFrames)
        heads = Self.distinct(heads)
        texts = Self.distinct(texts)
        binaries = Self.distinct(binaries)
        bodies = Self.distinct(bodies)
        targets = Self.distinct(targets)
    }

    private mutating func add(_ entry: [String: Any]) {
        let isServer = entry["dir"] as? String == "server"
        switch entry["kind"] as? String {
        case "text":
            if let text = entry["text"] as? String { texts.append(Array(text.utf8)) }
        case "binary":
            if let text = entry["base64"] as? String, let data = Data(base64Encoded: text) {
                binaries.append(Array(data))
            }
        case "frame" where isServer:
            if let hex = entry["hex"] as? String { serverFrames.append(Self.bytes(hex)) }
        case "raw" where isServer:
            if let text = entry["text"] as? String { heads.append(Array(text.utf8)) }
        case "http":
            if let http = entry["http"] as? [String: Any] { add(http: http) }
        default:
            break
        }
    }

    private mutating func add(http: [String: Any]) {
        if let url = http["url"] as? String { targets.append(url) }
        guard let status = http["status"] as? Int else { return }
        let fields = (http["resp_headers"] as? [String: String] ?? [:]).sorted { $0.key < $1.key }
        let lines = ["HTTP/1.1 \(status) Answer"] + fields.map { "\($0.key): \($0.value)" }
        let body = http["resp_body"] as? String ?? ""
        heads.append(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
        bodies.append(Array(body.utf8))
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }

    /// Each once, the long ones left out.
    private static func distinct<Element: Hashable & Collection>(_ elements: [Element]) -> [Element] {
        var seen: Set<Element> = []
        return elements.filter { $0.count <= 4_000 && seen.insert($0).inserted }
    }
}
