import PhoenixJSON

@testable import PhoenixKit

/// Gives all topics, events, statuses and strings of a recording other names, and takes them back.
struct Renaming {
    private var generator: SeededGenerator?
    private var names: [String: String] = [:]
    private var originals: [String: String] = [:]

    /// What the protocol itself calls by name.
    private static let fixed: Set = ["", "phoenix", "heartbeat", "ok", "error", "reason"]

    /// Leaves everything as it is.
    static let none = Renaming(generator: nil)

    init(seed: UInt64) {
        self.init(generator: SeededGenerator(seed: seed))
    }

    private init(generator: SeededGenerator?) {
        self.generator = generator
    }

    var isIdentity: Bool { generator == nil }

    mutating func number(in range: ClosedRange<Int>) -> Int {
        guard var generator else { return 0 }
        defer { self.generator = generator }
        return Int.random(in: range, using: &generator)
    }

    mutating func rename(_ name: String) -> String {
        guard generator != nil, !Self.fixed.contains(name), !name.hasPrefix("phx_") else { return name }
        if let known = names[name] { return known }
        let letters = ["a", "Z", "7", ":", "_", "-", " ", "é", "☃", "🎉", "\"", "\\", "/", "\n", "\u{1}", "[", "]", ","]
        var new = ""
        repeat {
            new = (0..<number(in: 1...24)).map { _ in letters[number(in: 0...letters.count - 1)] }.joined()
        } while originals[new] != nil || Self.fixed.contains(new)
        names[name] = new
        originals[new] = name
        return new
    }

    mutating func rename(_ value: Value) -> Value {
        switch value {
        case .string(let text): return .string(rename(text))
        case .array(let elements): return .array(elements.map { rename($0) })
        case .object(let members):
            var result: [String: Value] = [:]
            for key in members.keys.sorted() { result[rename(key)] = rename(members[key] ?? .null) }
            return .object(result)
        default: return value
        }
    }

    mutating func rename(_ payload: Payload) throws -> Payload {
        guard !isIdentity, !payload.isBinary else { return payload }
        return Payload(try JSONFormat().encode(value: rename(payload.value())), format: JSONFormat())
    }

    func original(_ name: String) -> String { originals[name] ?? name }

    func original(_ value: Value) -> Value {
        switch value {
        case .string(let text): .string(original(text))
        case .array(let elements): .array(elements.map(original))
        case .object(let members):
            .object(Dictionary(members.map { (original($0.key), original($0.value)) }, uniquingKeysWith: { $1 }))
        default: value
        }
    }
}
