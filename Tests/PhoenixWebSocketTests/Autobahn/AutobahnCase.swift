private import Foundation
internal import Testing

/// A case of the Autobahn test suite: what the server sends, and what the client must make of it.
///
/// `cases.json` holds those of sections 1 to 7 as `scripts/lib/autobahn/cases.py` took them down from the suite itself, where
/// the format is explained.
struct AutobahnCase: Decodable, Sendable, CustomTestStringConvertible {
    /// What the server does next.
    enum Step: Decodable, Sendable {
        /// It sends `bytes`, which arrive in reads of `chop` bytes each, or as one where that is 0.
        case send(_ bytes: [UInt8], chop: Int)
        /// It waits until the client has sent so many answers, counted from the first.
        case await(Int)

        private enum Key: CodingKey { case send, chop, `await` }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            if let count = try fields.decodeIfPresent(Int.self, forKey: .await) {
                self = .await(count)
            } else {
                self = .send(
                    try fields.decode(Runs.self, forKey: .send).bytes,
                    chop: try fields.decode(Int.self, forKey: .chop)
                )
            }
        }
    }

    /// What the client must send.
    enum Answer: Decodable, Sendable, Hashable {
        case text([UInt8])
        case binary([UInt8])
        case pong([UInt8])

        private enum Key: CodingKey { case text, binary, pong }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            if let payload = try fields.decodeIfPresent(Runs.self, forKey: .text) {
                self = .text(payload.bytes)
            } else if let payload = try fields.decodeIfPresent(Runs.self, forKey: .binary) {
                self = .binary(payload.bytes)
            } else {
                self = .pong(try fields.decode(Runs.self, forKey: .pong).bytes)
            }
        }
    }

    /// Who must close.
    enum End: String, Decodable, Sendable { case client, server }

    /// The number, such as `6.4.2`.
    let `case`: String
    let does: String
    let steps: [Step]
    let expects: [Answer]
    let closes: End
    /// The close codes the client may use.
    let codes: [UInt16]
    /// Present when the suite has no opinion about what the client sends before it closes.
    let lax: Bool?

    var testDescription: String { "\(`case`): \(does)" }

    /// Whether the client must find that the server broke a rule.
    var isViolation: Bool { codes.allSatisfy { $0 == 1002 || $0 == 1007 } }

    /// All of the server's bytes, in the reads of each step, and where it awaits answers.
    var reads: [(bytes: [UInt8], awaited: Int?)] {
        steps.flatMap { step -> [(bytes: [UInt8], awaited: Int?)] in
            switch step {
            case .send(let bytes, let chop): cut(bytes, every: chop > 0 ? chop : max(1, bytes.count)).map { ($0, nil) }
            case .await(let count): [([], count)]
            }
        }
    }

    /// The cases in order.
    static let all: [AutobahnCase] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "cases.json")
        do {
            return try JSONDecoder().decode([AutobahnCase].self, from: Data(contentsOf: file))
        } catch {
            Issue.record("\(file.path) cannot be read: \(error)")
            return []
        }
    }()
}

/// Bytes as runs of hexadecimal digits, each with `*COUNT` where it is repeated.
private struct Runs: Decodable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        bytes = text.split(separator: " ").flatMap { run -> [UInt8] in
            let parts = run.split(separator: "*")
            let digits = Array(parts[0])
            let unit = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
                UInt8(String(digits[$0...$0 + 1]), radix: 16)
            }
            return Array(repeatElement(unit, count: parts.count > 1 ? Int(parts[1]) ?? 0 : 1).joined())
        }
    }
}
