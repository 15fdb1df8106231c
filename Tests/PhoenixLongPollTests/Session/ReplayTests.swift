internal import Foundation
internal import PhoenixJSON
internal import PhoenixKit
internal import Testing

@testable internal import PhoenixLongPoll

/// What a real server answered is served to the transport, and what it sends is held against what the real client sent.
@Suite("Long-poll recordings", .timeLimit(.minutes(1)))
struct ReplayTests {
    /// How far each session goes with our client: to its end, to the answer that ends it for us, or to what we never send.
    private static let outcomes: [String: String] = [
        "cowboy/lp_full_cycle": "whole",
        "lp_auth_token": "whole",
        "lp_auth_token#1": "refused 403",
        "lp_auth_token#2": "not ours: token=null after the caller's own token",
        "lp_auth_token#3": "whole",
        "lp_bad_token": "not ours: no GET first",
        "lp_bad_token#1": "not ours: token=garbage",
        "lp_bad_token#2": "not ours: no GET first",
        "lp_batch_over_100": "not ours: 103 lines",
        "lp_binary_client": "whole",
        "lp_binary_server_500": "failed transportProtocol",
        "lp_body_too_large": "not ours: a body of more than 8 MB",
        "lp_channel_errors": "whole",
        "lp_content_type": "not ours: content-type text/plain",
        "lp_drop_socket": "failed disconnected, uncertain",
        "lp_expired": "failed disconnected, uncertain",
        "lp_forbidden": "refused 403",
        "lp_forbidden#1": "refused 403",
        "lp_forbidden#2": "refused 403",
        "lp_forbidden#3": "refused 403",
        "lp_forbidden#4": "refused 403",
        "lp_full_cycle": "whole",
        "lp_invalid_json": "failed timeout, uncertain",
        "lp_options": "not ours: OPTIONS",
        "lp_options#1": "not ours: PUT",
        "lp_options#2": "not ours: DELETE",
        "lp_options#3": "refused 404",
        "lp_poll_wait": "whole",
        "lp_presence": "whole",
        "lp_token_header": "whole",
        "lp_v1": "not ours: a map as a line",
    ]

    @Test("B23: each recording is replayed as far as a client does what it should", arguments: LongPollRecording.names)
    func replay(_ name: String) async throws {
        let sessions = try LongPollRecording.sessions(of: name)
        #expect(!sessions.isEmpty)
        for session in sessions {
            let outcome = try await Replay(session).run()
            #expect(outcome == Self.outcomes[session.name], "\(session.name)")
        }
    }

    @Test("the table of outcomes names no session that is not recorded")
    func table() throws {
        let names = try LongPollRecording.names.flatMap { try LongPollRecording.sessions(of: $0).map(\.name) }
        #expect(Set(Self.outcomes.keys) == Set(names))
    }
}

/// The replay of one session.
private struct Replay {
    private let session: RecordedSession
    private let engine = ScriptedEngine()

    init(_ session: RecordedSession) {
        self.session = session
    }

    /// Plays the session and says how far it went.
    func run() async throws -> String {
        guard case .request(let number, let first)? = session.entries.first,
            case .answer(number, let answer)? = session.entries.dropFirst().first
        else { return "empty" }
        if let reason = objection(to: first) { return reason }
        guard first.method == "GET" else { return "not ours: no GET first" }
        let target = first.target.replacing("&token=null", with: "")
        if target != first.target, target.contains("token=") {
            return "not ours: token=null after the caller's own token"
        }
        async let opening: Void = {
            let request = await engine.next(.get)
            expect(request, first, target: target)
            request.answer(answer.body, status: answer.status, headers: answer.headers)
        }()
        let transport = LongPollTransport(engine: engine, configuration: .init(tokenPlace: tokenPlace))
        do {
            let outcome = try await transport.withConnection(connectionRequest(first, target)) { connection in
                try await converse(connection)
            }
            await opening
            return outcome
        } catch let error as PhoenixError where error.code == .upgradeRefused {
            await opening
            return "refused \((error.cause as? UpgradeRefusal)?.status ?? 0)"
        }
    }

    private func connectionRequest(_ first: RecordedRequest, _ target: String) throws -> ConnectionRequest {
        try request("http://recorded.test\(target)") {
            $0.authToken = first.headers["x-phoenix-authtoken"].map { Secret($0) }
            $0.headers = first.headers["origin"].map { [HeaderField("origin", $0)] } ?? []
            $0.serializer = isLines ? linesOnly : mapsOnly
        }
    }

    /// Whether the client sent lines.
    private var isLines: Bool {
        let types = session.entries.compactMap { entry -> String? in
            if case .request(_, let request) = entry { request.headers["content-type"] } else { nil }
        }
        return types.first != "application/json"
    }

    /// Where the client put the token of the session.
    private var tokenPlace: LongPollTransport.TokenPlace {
        let isQuiet = session.entries.contains {
            if case .request(_, let request) = $0 { request.headers["x-phoenix-longpoll-token"] != nil } else { false }
        }
        return isQuiet ? .header : .queryAndHeader
    }

    /// Why our client would never send `request`; nil where it would.
    private func objection(to request: RecordedRequest) -> String? {
        guard ["GET", "POST"].contains(request.method) else { return "not ours: \(request.method)" }
        if request.target.contains("token=garbage"), request.method == "GET" { return "not ours: token=garbage" }
        if let body = request.body, request.method == "POST" {
            if body.hasSuffix("bytes, elided)") { return "not ours: a body of more than 8 MB" }
            let lines = body.split(separator: "\n").count
            if lines > 100 { return "not ours: \(lines) lines" }
            let type = request.headers["content-type"]
            if let type, !["application/json", "application/x-ndjson"].contains(type) {
                return "not ours: content-type \(type)"
            }
            if type == "application/x-ndjson", body.hasPrefix("{") { return "not ours: a map as a line" }
        }
        return nil
    }

    /// Plays everything after the opening.
    private func converse(_ connection: Connection) async throws -> String {
        var polls: [Int: ScriptedRequest] = [:]
        var posts: [Int: ScriptedRequest] = [:]
        var reading: Task<InboundEvent?, any Error>?
        defer { reading?.cancel() }
        for entry in session.entries.dropFirst(2) {
            switch entry {
            case .request(let number, let recorded):
                if let reason = objection(to: recorded) {
                    for post in posts.values { post.answer(accepted) }
                    return reason
                }
                if recorded.method == "GET" {
                    reading = reading ?? connection.reading()
                    polls[number] = await engine.next(.get)
                    polls[number].map { expect($0, recorded, target: recorded.target) }
                } else {
                    try await connection.outbound.write(frames(of: recorded))
                    posts[number] = await engine.next(.post)
                    posts[number].map { expect($0, recorded, target: recorded.target) }
                }
            case .answer(let number, let answer):
                guard let request = polls.removeValue(forKey: number) ?? posts.removeValue(forKey: number) else {
                    return "an answer to nothing"
                }
                request.answer(answer.body, status: answer.status, headers: answer.headers)
                let value = try? JSONFormat().value(of: Bytes(answer.body))
                if value?["status"]?.integer == 200, answer.status == 200 {
                    guard let expected = value?["messages"]?.array else { continue }
                    let event = try await reading?.value ?? nil
                    reading = nil
                    #expect(event.texts == expected.map { $0.string ?? "" })
                } else if value?["status"]?.integer != 204 {
                    let end = reading ?? connection.reading()
                    do {
                        let close = try await end.value.close
                        return "closed\(close?.isLocal == false ? "" : " by us")"
                    } catch let error as PhoenixError {
                        return "failed \(error.code)\(error.mayHaveBeenHandled ? ", uncertain" : "")"
                    }
                }
            }
        }
        return "whole"
    }

    /// The frames that a body was made of.
    private func frames(of request: RecordedRequest) -> [Frame] {
        let body = request.body ?? ""
        guard request.headers["content-type"] == "application/x-ndjson" else { return [.text(body)] }
        return body.split(separator: "\n").map { line in
            line.hasPrefix("[")
                ? .text(String(line)) : .binary(Bytes([UInt8](Data(base64Encoded: String(line)) ?? Data())))
        }
    }

    /// Holds what we send against what the real client sent.
    private func expect(_ ours: ScriptedRequest, _ recorded: RecordedRequest, target: String) {
        #expect(ours.request.method.rawValue == recorded.method, "\(session.name)")
        #expect(ours.target == target, "\(session.name)")
        #expect(ours.body == (recorded.body ?? ""), "\(session.name)")
        for (name, value) in recorded.headers { #expect(ours.header(name) == value, "\(session.name)") }
        let ownHeaders = Set(ours.request.headers.map(\.name)).subtracting(recorded.headers.keys)
        // The client of the recordings left some of these out, now and then.
        let harmless: Set = ["accept", "x-phoenix-longpoll-token", "x-phoenix-authtoken"]
        if recorded.headers["content-type"] == nil, recorded.method == "POST" {
            #expect(ours.header("content-type") == "application/json")
        } else {
            #expect(ownHeaders.isSubset(of: harmless), "\(session.name)")
        }
    }
}
