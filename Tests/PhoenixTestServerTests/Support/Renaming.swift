import Foundation
import PhoenixJSON
import PhoenixKit

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Gives the topics, references, names and values of a recording other ones, each always the same, so that a server that
/// knows the recordings by heart fails.
struct Renaming {
    private var generator: SeededGenerator
    private var topics: [String: String] = [:]
    private var references: [String: String] = [:]
    private var words: [String: String] = [:]
    private var numbers: [Value: Value] = [:]

    /// Words the server has of its own, or that tell it what to do.
    private static let reserved: Set = [
        "", "ok", "error", "custom_atom_status", "denied", "join crashed", "unmatched topic", "channel_crash", "failed",
        "name required", "phoenix", "xxx",
    ]
    /// Members whose values tell the server what to do, or follow from the connection.
    private static let keptMembers: Set = [
        "n", "size", "ms", "slow_ms", "pad", "base64", "deny", "crash", "push_on_join", "binary_reply", "connect_info",
        "serializer", "transport", "vsn", "token", "user", "status", "phx_ref", "phx_ref_prev", "online_at", "i", "id",
        "sent",
    ]

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func rename(_ recording: Recording) throws -> Recording {
        var renamed = recording
        for index in renamed.entries.indices {
            let entry = renamed.entries[index]
            switch entry.kind {
            case "text": renamed.entries[index].value = try replacing(entry, "text", with: text(entry.text))
            case "binary":
                // A V1 client may send its text in a binary frame.
                let isText = entry.binary.first == UInt8(ascii: "{")
                let bytes =
                    isText
                    ? Array(try text(String(decoding: entry.binary, as: UTF8.self)).utf8)
                    : binary(entry.binary, isClient: entry.isClient)
                renamed.entries[index].value = replacing(entry, "base64", with: Base64.encode(bytes))
            case "http" where Replay.isLongPoll(entry): try longPoll(&renamed.entries[index])
            case "http": try admin(&renamed.entries[index])
            default: break
            }
        }
        return renamed
    }

    private func replacing(_ entry: Recording.Entry, _ key: String, with text: String) -> Value {
        var members = entry.value.object ?? [:]
        members[key] = .string(text)
        return .object(members)
    }

    /// The body of a request to the recorded server's pages.
    private mutating func admin(_ entry: inout Recording.Entry) throws {
        guard let body = entry.http["body"]?.string, body.hasPrefix("{") else { return }
        var members = try JSONFormat().value(of: Bytes(body)).object ?? [:]
        if let topic = members["topic"]?.string { members["topic"] = .string(self.topic(topic)) }
        if let payload = members["payload"] { members["payload"] = value(payload) }
        entry.replace("body", with: try JSONFormat().encode(value: .object(members)).text)
    }

    /// The messages of a long-poll request, or of its answer.
    private mutating func longPoll(_ entry: inout Recording.Entry) throws {
        if entry.isClient {
            guard let body = entry.http["body"]?.string, !body.isEmpty else { return }
            let lines = try body.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                guard let data = Data(base64Encoded: String(line)) else { return try text(String(line)) }
                return Base64.encode(binary(Array(data), isClient: true))
            }
            entry.replace("body", with: lines.joined(separator: "\n"))
        } else {
            let format = JSONFormat()
            guard let body = entry.http["resp_body"]?.string, body.hasPrefix(#"{"messages":"#),
                var members = try format.value(of: Bytes(body)).object
            else { return }
            members["messages"] = .array(
                try (members["messages"]?.array ?? []).map { message in
                    let message = message.string ?? ""
                    if let first = message.utf8.first, first > 2 { return .string(try text(message)) }
                    return .string(String(decoding: binary(Array(message.utf8), isClient: false), as: UTF8.self))
                }
            )
            entry.replace("resp_body", with: try format.encode(value: .object(members)).text)
        }
    }

    private mutating func text(_ text: String) throws -> String {
        let format = JSONFormat()
        guard let value = try? format.value(of: Bytes(text)) else { return text }
        if let elements = value.array, elements.count == 5 {
            let renamed: Value = [
                reference(elements[0]), reference(elements[1]), elements[2].string.map { .string(topic($0)) } ?? .null,
                elements[3], self.value(elements[4]),
            ]
            return try format.encode(value: renamed).text
        }
        if var members = value.object, let topic = members["topic"]?.string {
            members["topic"] = .string(self.topic(topic))
            for key in ["ref", "join_ref"] { members[key] = members[key].map { reference($0) } }
            members["payload"] = members["payload"].map { self.value($0) }
            return try format.encode(value: .object(members)).text
        }
        return text
    }

    /// The header of a binary frame: a client's push has four fields, a server's push three, replies four, broadcasts two.
    private mutating func binary(_ bytes: [UInt8], isClient: Bool) -> [UInt8] {
        guard let kind = bytes.first else { return bytes }
        let kinds: [String]? =
            switch (kind, isClient) {
            case (0, true): ["ref", "ref", "topic", ""]
            case (0, false): ["ref", "topic", ""]
            case (1, false): ["ref", "ref", "topic", ""]
            case (2, false): ["topic", ""]
            default: nil
            }
        guard let kinds, bytes.count > kinds.count else { return bytes }
        var position = 1 + kinds.count
        var fields: [[UInt8]] = []
        for (index, kind) in kinds.enumerated() {
            let end = position + Int(bytes[1 + index])
            guard end <= bytes.count else { return bytes }
            let field = String(decoding: bytes[position..<end], as: UTF8.self)
            position = end
            switch kind {
            case "ref": fields.append(Array((reference(.string(field)).string ?? "").utf8))
            case "topic": fields.append(Array(topic(field).utf8))
            default: fields.append(Array(field.utf8))
            }
        }
        return [kind] + fields.map { UInt8($0.count) } + fields.flatMap(\.self) + bytes[position...]
    }

    private mutating func topic(_ topic: String) -> String {
        guard let colon = topic.firstIndex(of: ":") else { return topic }
        if topics[topic] == nil { topics[topic] = topic[...colon] + word() }
        return topics[topic] ?? topic
    }

    private mutating func reference(_ reference: Value) -> Value {
        let text: String
        switch reference {
        case .string(""), .null: return reference
        case .string(let string): text = string
        default: text = "\(reference.integer ?? 0)"
        }
        if references[text] == nil { references[text] = String(generator.next() >> 12) }
        let renamed = references[text] ?? text
        return reference.string == nil ? Value(Int64(renamed) ?? 0) : .string(renamed)
    }

    private mutating func value(_ value: Value, at key: String = "") -> Value {
        guard !Self.keptMembers.contains(key) else { return value }
        switch value {
        case .string(let string) where key == "ref" || key == "join_ref": return reference(.string(string))
        case .string(let string) where topics[string] != nil: return .string(topic(string))
        case .string(let string):
            guard !Self.reserved.contains(string) else { return value }
            if words[string] == nil { words[string] = word() }
            return .string(words[string] ?? string)
        case .signed, .double:
            if numbers[value] == nil {
                numbers[value] =
                    value.integer == nil
                    ? .double(Double(generator.next() >> 40) + 0.25)
                    : Value(Int64(generator.next() >> 11))
            }
            return numbers[value] ?? value
        case .array(let elements): return .array(elements.map { self.value($0) })
        case .object(let members):
            // Keys of presences are names, which are renamed like values.
            var renamed: [String: Value] = [:]
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                renamed[words[key] ?? key] = self.value(member, at: key)
            }
            return .object(renamed)
        default: return value
        }
    }

    private mutating func word() -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyzäßéñ☃🎉 0123456789")
        return String(
            (0..<Int.random(in: 3...20, using: &generator)).map { _ in
                letters[Int.random(in: letters.indices, using: &generator)]
            }
        )
    }
}
