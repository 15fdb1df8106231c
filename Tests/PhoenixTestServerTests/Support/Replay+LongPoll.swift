import PhoenixJSON
import PhoenixKit
import PhoenixTestServer

/// The long-poll half of a replay.
extension Replay {
    /// Whether an entry belongs to long polling.
    static func isLongPoll(_ entry: Recording.Entry) -> Bool {
        entry.kind == "http" && entry.http["url"]?.string?.contains("/longpoll") == true
    }

    /// Sends a request and does not wait for the answer, which may come after others.
    mutating func sendLongPoll(_ entry: Recording.Entry) async throws {
        let http = entry.http
        let client: RawClient
        if let known = pollers[entry.connection] {
            client = known
        } else {
            client = try await connect()
            pollers[entry.connection] = client
        }
        var headers = (http["req_headers"]?.object ?? [:]).sorted { $0.key < $1.key }
            .map { ($0.key, replacingTokens(in: $0.value.string ?? "")) }
        headers.append(("host", hostHeader))
        let body = http["body"]?.string.map(Recording.inflated)
        if body == "" { headers.append(("content-length", "0")) }
        let target = replacingTokens(in: http["url"]?.string ?? "")
        try await client.send(http["method"]?.string ?? "", target, headers, body: body ?? "")
        if !target.contains("/nope/") { polls += 1 }
    }

    /// Returns when the server has seen all requests that were sent.
    func settlePolls() async throws {
        let (journal, polls) = (server.journal, polls)
        guard polls > 0 else { return }
        _ = try await journal.wait { _ in journal.entries.count { $0.kind == .requested } >= polls }
    }

    mutating func expectLongPoll(_ entry: Recording.Entry) async throws {
        guard let client = pollers[entry.connection] else { throw Mismatch(description: "no connection") }
        let response = try await client.response()
        let http = entry.http
        guard response.status == http["status"]?.integer.map(Int.init) else {
            throw Mismatch(description: "status \(response.status), body \(response.body)")
        }
        var expected = (http["resp_headers"]?.object ?? [:]).mapValues { $0.string ?? "" }
        var actual = response.headers.filter { !["date", "server"].contains($0.key) }
        let body = http["resp_body"]?.string ?? ""
        if body.hasPrefix(#"{"messages":["#) {
            // Tokens, references and values are not as long as the recorded ones.
            expected["content-length"] = nil
            actual["content-length"] = nil
            try comparePoll(body, with: response.body)
        } else if body != response.body {
            throw Mismatch(description: "expected the body \(body), got \(response.body)")
        }
        guard expected == actual else { throw Mismatch(description: "expected \(expected), got \(actual)") }
    }

    private mutating func comparePoll(_ expected: String, with actual: String) throws {
        let format = JSONFormat()
        let (left, right) = (try format.value(of: Bytes(expected)), try format.value(of: Bytes(actual)))
        guard let recorded = left["token"]?.string, let token = right["token"]?.string,
            left.object?.keys.sorted() == right.object?.keys.sorted(),
            left["status"] == right["status"], let wanted = left["messages"]?.array, let got = right["messages"]?.array,
            actual.hasPrefix(#"{"messages":["#),
            actual.contains(#"],"status":\#(left["status"]?.integer ?? 0),"token":""#)
        else { throw Mismatch(description: "expected \(expected), got \(actual)") }
        if let known = tokens[recorded] {
            guard known == token else { throw Mismatch(description: "expected the token \(known), got \(token)") }
        } else {
            guard !tokens.values.contains(token) else { throw Mismatch(description: "the token came before") }
            tokens[recorded] = token
        }
        guard wanted.count == got.count else {
            throw Mismatch(description: "expected \(wanted.count) messages, got \(actual)")
        }
        for (one, other) in zip(wanted, got) {
            guard let one = one.string, let other = other.string else { throw Mismatch(description: actual) }
            if let value = try? format.value(of: Bytes(one)) {
                try compare(value, with: try format.value(of: Bytes(other)), text: other)
            } else if one != other {
                throw Mismatch(description: "expected \(one), got \(other)")
            }
        }
    }

    private func replacingTokens(in text: String) -> String {
        tokens.reduce(text) { $0.replacing($1.key, with: $1.value) }
    }
}
