internal import PhoenixJSON
internal import PhoenixKit

@testable internal import PhoenixLongPoll

extension FuzzTarget {
    /// The answers of a long-poll server: the first byte chooses the HTTP status, the others are the body.
    ///
    /// What is read must be what the JSON reader finds in it; what is refused gives a typed error without the token.
    static func longPoll(_ corpus: Corpus) -> FuzzTarget {
        let words = [
            #"{"status":200,"messages":[]}"#, #""status":"#, #""token":"#, #""messages":"#, #""messages":["#, "200",
            "204", "410", "403", "null",
            "\"\(planted)\"", "[", "]", "{", "}", ",", ":", "\"", "\\", #"\u0000"#, #"\ud83d\ude00"#, #"\"a\""#, "0",
            "01", "1e3", "-1",
            "1000000000", "true", " ", "\n", "é", "\u{0}",
        ]
        let secret = Array(#"{"messages":[],"status":410,"token":"\#(planted)"}"#.utf8)
        return FuzzTarget(
            "longpoll",
            seeds: prefixed(corpus.bodies.filter { $0.first == UInt8(ascii: "{") } + [secret], by: [0, 1]),
            tokens: words.map { Array($0.utf8) } + [[0xC0, 0x80], [0xFF]],
            examine: { input in
                guard let choice = input.first else { return false }
                let body = Array(input.dropFirst())
                examineOpening(body, status: choice == 0 ? 200 : 100 + Int(choice) * 2)
                return examineAnswer(body)
            }
        )
    }

    private static func examineAnswer(_ body: [UInt8]) -> Bool {
        let limit = 1_000
        let expected = expectation(body)
        switch Meter.bounded(16_384 + 100 * body.count, { Result { try Answer(Bytes(body), messageLimit: limit) } }) {
        case .success(let answer):
            let texts = answer.messages.map { $0.bytes.validatedText }
            require(texts.allSatisfy { $0 != nil }, "messages in UTF-8")
            require(answer.messages.allSatisfy { $0.kind == .text && $0.bytes.count <= limit }, "text within the limit")
            // Names of members are compared as they stand, with their escapes.
            guard let expected, !contains(body, #"\u00"#) else { return true }
            require(
                answer.status == expected.status && answer.token == expected.token && texts == expected.messages,
                "what the JSON reader finds, got \(answer.status), \(texts)"
            )
            return true
        case .failure(let error):
            let error = error as? PhoenixError
            require(error?.code == .decoding || error?.code == .limitExceeded, "an error of decoding or of a limit")
            require(!"\(error?.description ?? "")".contains(planted), "no secrets in errors")
            let isTooLong = expected?.messages.contains { ($0?.utf8.count ?? 0) > limit } ?? false
            require(error?.code != .limitExceeded || expected == nil || isTooLong, "no limit where none is reached")
            require(expected == nil || isTooLong || contains(body, #"\u00"#), "a right answer to be read")
            return false
        }
    }

    private struct Expectation {
        var status: Int
        var token: String?
        var messages: [String?]
    }

    /// What is in a body, by the JSON reader; nil where it is no answer, or is nested too deeply to tell.
    private static func expectation(_ body: [UInt8]) -> Expectation? {
        guard body.filter({ $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }).count < 60,
            case .object(let members) = try? JSONFormat().value(of: Bytes(body)),
            case .signed(let status) = members["status"], 0..<1_000_000_000 ~= status
        else { return nil }
        // A whole number may be written in other ways, which no server uses.
        guard contains(body, "\"status\":\(status)") else { return nil }
        var token: String?
        switch members["token"] {
        case nil, .null: break
        case .string(let text): token = text
        default: return nil
        }
        var messages: [String?] = []
        if let found = members["messages"] {
            guard let elements = found.array, elements.allSatisfy({ $0.string != nil }) else { return nil }
            messages = elements.map(\.string)
        }
        // Of a member given twice only one is seen here.
        let names = ["\"status\"", "\"token\"", "\"messages\""]
        guard names.allSatisfy({ occurrences(of: $0, in: body) <= 1 }), !contains(body, "-0") else { return nil }
        return Expectation(status: Int(status), token: token, messages: messages)
    }

    private static func examineOpening(_ body: [UInt8], status: Int) {
        let response = HTTPResponse(status: status, headers: [HeaderField("set-cookie", planted)], body: Bytes(body))
        do throws(PhoenixError) {
            let opening = try Opening(response, limits: ConnectionLimits())
            require(status == 200, "a session only with HTTP status 200")
            require(Opening.isToken(opening.token.revealed), "a token that can be sent back")
        } catch {
            let codes: [PhoenixError.Code] = [.upgradeInvalid, .upgradeRefused, .limitExceeded]
            require(codes.contains(error.code), "an error of the opening, got \(error.code)")
            require(!"\(error)".contains(planted), "no secrets in errors, got \(error)")
        }
    }

    private static func contains(_ bytes: [UInt8], _ word: String) -> Bool {
        occurrences(of: word, in: bytes) > 0
    }

    private static func occurrences(of word: String, in bytes: [UInt8]) -> Int {
        let word = Array(word.utf8)
        guard bytes.count >= word.count else { return 0 }
        return (0...bytes.count - word.count).count {
            bytes[$0] == word[0] && bytes[$0..<$0 + word.count].elementsEqual(word)
        }
    }
}
