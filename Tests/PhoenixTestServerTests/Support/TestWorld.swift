import NIOCore
import PhoenixJSON
import PhoenixKit
import Synchronization

@testable import PhoenixTestServer

/// A world without a network, driven at invented times.
///
/// Clients are named by their connection's number.
final class TestWorld {
    /// What was submitted through the gate, to be done when the test says so.
    private final class Submissions: Sendable {
        let waiting = Mutex<[@Sendable (World) -> Void]>([])
    }

    let world: World
    let journal: Journal
    private let submissions = Submissions()
    private(set) var now = Timestamp(nanoseconds: 0)
    /// The number of the latest request.
    private(set) var lastRequest: UInt64 = 0
    /// How requests were answered that were answered later.
    private(set) var answers: [UInt64: SiteResponse] = [:]
    /// What was sent to each connection since it was last asked for.
    private var output: [UInt64: [String]] = [:]

    init(
        _ site: Site = .recorded,
        adapter: ServerAdapter = .bandit,
        limits: ServerLimits = ServerLimits(),
        scheduling: ChannelScheduling = .prompt,
        journal: Journal.Limits = Journal.Limits(),
        secret: Secret? = nil
    ) {
        self.journal = Journal(limits: journal)
        let submissions = submissions
        world = World(
            site: site,
            adapter: adapter,
            limits: limits,
            scheduling: scheduling,
            serializers: [JSONSerializer.v1, JSONSerializer.v2],
            journal: self.journal,
            gate: WorldGate { body in submissions.waiting.withLock { $0.append(body) } },
            secret: secret,
            at: now
        )
    }

    /// Does something and takes note of what follows.
    func tell<Result>(_ body: (World) throws -> Result) rethrows -> Result {
        defer { note() }
        return try world.perform(at: now, body)
    }

    /// Connects a client, which must be accepted.
    func connect(_ target: String = "/socket/websocket?vsn=2.0.0") throws -> UInt64 {
        guard case .upgrade(let number, _, _) = answer(target) else {
            throw PhoenixError(.upgradeRefused, "the world refused \(target)")
        }
        return number
    }

    func answer(_ target: String, method: String = "GET", headers: [(String, String)] = []) -> World.Answer {
        let parts = target.split(separator: "?", maxSplits: 1)
        let standard = RawClient.handshake.map { ($0.0.lowercased(), $0.1) } + [("host", "localhost")]
        let given = Set(headers.map(\.0))
        let request = SiteRequest(
            method: method,
            path: String(parts[0]),
            query: parts.count > 1 ? String(parts[1]) : nil,
            headers: (standard.filter { !given.contains($0.0) } + headers).map { HeaderField($0.0, $0.1) }
        )
        lastRequest += 1
        let number = lastRequest
        return tell { $0.answer(request, number: number) }
    }

    /// Sends a long-poll request, and returns its number.
    ///
    /// A POST is a batch unless `contentType` says otherwise.
    @discardableResult
    func request(
        _ method: String,
        _ target: String = "/socket/longpoll?vsn=2.0.0",
        token: String? = nil,
        contentType: String? = "application/x-ndjson",
        headers: [(String, String)] = [],
        body: String = ""
    ) -> UInt64 {
        var headers = headers
        if let token { headers.append(("x-phoenix-longpoll-token", token)) }
        if method == "POST", let contentType { headers.append(("content-type", contentType)) }
        lastRequest += 1
        let number = lastRequest
        let parts = target.split(separator: "?", maxSplits: 1)
        let request = SiteRequest(
            method: method,
            path: String(parts[0]),
            query: parts.count > 1 ? String(parts[1]) : nil,
            headers: headers.map { HeaderField($0.0, $0.1) },
            body: Bytes(body)
        )
        tell { world in
            guard case .respond(let response) = world.answer(request, number: number) else { return }
            answers[number] = response
        }
        return number
    }

    /// Opens a long-poll session and returns its token.
    func open(_ target: String = "/socket/longpoll?vsn=2.0.0") throws -> String {
        let answer = answer(to: request("GET", target))
        guard answer?.status == 410, let token = answer?.token else {
            throw PhoenixError(.upgradeRefused, "the world refused \(target)")
        }
        return token
    }

    /// What a long-poll request was answered with; nil while it has not been.
    func answer(to number: UInt64) -> LongPollReply? {
        answers[number].map(LongPollReply.init)
    }

    /// One read with these text messages.
    func send(_ texts: String..., on number: UInt64 = 1) {
        tell { $0.received(texts.map { .message(.text($0)) }, on: number) }
    }

    func send(_ events: [SocketEvent], on number: UInt64 = 1) {
        tell { $0.received(events, on: number) }
    }

    func advance(by duration: Duration) {
        now = now + duration
        world.wake(at: now)
        note()
        runTurns()
    }

    /// Does the turns that are left to be done at once.
    func runTurns() {
        while world.hasMoreToDo { tell { _ in } }
    }

    /// Does what reply tokens have submitted.
    func runSubmissions() {
        let bodies = submissions.waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for body in bodies { tell(body) }
    }

    /// What was sent to a connection since the last call: texts, `binary …`, `close 1000`, `cut`, `pause`, `resume`.
    func sent(to number: UInt64 = 1) -> [String] {
        defer { output[number] = [] }
        return output[number] ?? []
    }

    private func note() {
        for effect in world.takeEffects() {
            switch effect {
            case .send(let number, let frame):
                let text = frame.kind == .text ? frame.bytes.text : "binary \(frame.bytes.array)"
                output[number, default: []].append(text)
            case .pong(let number, let data): output[number, default: []].append("pong \(data.text)")
            case .raw(let number, let bytes): output[number, default: []].append("raw \(bytes.text)")
            case .close(let number, let code):
                output[number, default: []].append(code.map { "close \($0)" } ?? "close without a code")
            case .cut(let number): output[number, default: []].append("cut")
            case .respond(let request, let response): answers[request] = response
            case .respondPartly(let request, let response):
                answers[request] = response
                output[request, default: []].append("partly")
            case .reset(let request): output[request, default: []].append("reset")
            case .drop(let ticket): output[0, default: []].append("drop \(ticket)")
            case .pause(let number): output[number, default: []].append("pause")
            case .resume(let number): output[number, default: []].append("resume")
            }
        }
    }
}

/// The body of an answer over long polling.
struct LongPollReply: Equatable {
    let http: Int
    let status: Int?
    let token: String?
    let messages: [String]

    init(_ response: SiteResponse) {
        let payload = Payload(response.body, format: JSONFormat())
        http = response.status
        status = payload["status"]?.integer.map { Int($0) }
        token = payload["token"]?.string
        messages = (try? payload["messages"]?.value().array?.compactMap(\.string)) ?? []
    }
}

/// The texts that servers send, for transcripts.
enum Wire {
    static func join(_ topic: String, _ reference: String = "1", _ parameters: String = "{}") -> String {
        #"["\#(reference)","\#(reference)","\#(topic)","phx_join",\#(parameters)]"#
    }

    static func push(_ topic: String, _ reference: String, _ event: String, _ payload: String = "{}") -> String {
        #"["1","\#(reference)","\#(topic)","\#(event)",\#(payload)]"#
    }

    static func heartbeat(_ reference: String) -> String { #"[null,"\#(reference)","phoenix","heartbeat",{}]"# }

    static func heartbeatReply(_ reference: String) -> String {
        #"[null,"\#(reference)","phoenix","phx_reply",{"response":{},"status":"ok"}]"#
    }

    static func reply(
        _ topic: String,
        _ reference: String,
        _ response: String = "{}",
        status: String = "ok",
        joinReference: String? = "1"
    ) -> String {
        let join = joinReference.map { "\"\($0)\"" } ?? "null"
        return #"[\#(join),"\#(reference)","\#(topic)","phx_reply",{"response":\#(response),"status":"\#(status)"}]"#
    }

    static func close(_ topic: String, _ reference: String = "1") -> String {
        #"["\#(reference)","\#(reference)","\#(topic)","phx_close",{}]"#
    }

    static func error(_ topic: String, _ reference: String = "1") -> String {
        #"["\#(reference)","\#(reference)","\#(topic)","phx_error",{"reason":"channel_crash"}]"#
    }

    static func unmatched(_ topic: String, _ reference: String) -> String {
        reply(topic, reference, #"{"reason":"unmatched topic"}"#, status: "error", joinReference: nil)
    }
}
