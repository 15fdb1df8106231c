import PhoenixDeflate
import PhoenixJSON
import PhoenixKit
import PhoenixTestServer

/// Plays the client's side of a recording against a server and holds what comes back against the recording, in order.
struct Replay {
    struct Mismatch: Error, CustomStringConvertible {
        var description: String
    }

    private final class Line {
        let client: RawClient
        let number: UInt64
        let isV1: Bool
        /// What the server's journal must show before time goes on.
        var sent = 0
        /// A join takes its time: the server looks at nothing meanwhile.
        var isBlocked = false {
            didSet {
                if !isBlocked { (sent, unseen) = (sent + unseen, 0) }
            }
        }
        /// What inflates the server's messages.
        var codec: (any WireCodec)?
        /// What was sent while the server does not look.
        var unseen = 0

        init(client: RawClient, number: UInt64, isV1: Bool) {
            self.client = client
            self.number = number
            self.isV1 = isV1
        }
    }

    private let recording: Recording
    let server: PhoenixTestServer
    private let clock: ManualClock
    private let certificate: String?
    private var lines: [String: Line] = [:]
    private var responses: [String: RawClient.Response] = [:]
    private var comparison = Comparison()
    private var connections: UInt64 = 0
    private var probes = 0
    /// The connections of long polling, by the names the recording gives them.
    var pollers: [String: RawClient] = [:]
    /// How many long-poll requests were sent.
    var polls = 0
    /// The server's tokens for the recorded ones.
    var tokens: [String: String] = [:]
    /// How many answers of the server were compared.
    private(set) var compared = 0

    init(_ recording: Recording, against server: PhoenixTestServer, clock: ManualClock, certificate: String? = nil) {
        self.recording = recording
        self.server = server
        self.clock = clock
        self.certificate = certificate
    }

    mutating func run() async throws {
        var index = 0
        while index < recording.entries.count {
            let entry = recording.entries[index]
            do {
                try await goOn(to: entry)
                if entry.isClient, Self.isFrame(entry) {
                    // What the client sent in one go is sent in one go here.
                    var batch: [Recording.Entry] = []
                    while index < recording.entries.count, recording.entries[index].isClient,
                        Self.isFrame(recording.entries[index]), recording.entries[index].connection == entry.connection
                    {
                        batch.append(recording.entries[index])
                        index += 1
                    }
                    try await send(batch)
                    continue
                }
                if entry.isClient { try await act(entry, at: index) } else { try await expect(entry) }
            } catch {
                throw Mismatch(description: "\(recording.name), entry \(index) of \(entry.connection): \(error)")
            }
            index += 1
        }
        for line in lines.values { await line.client.close() }
        for client in pollers.values { await client.close() }
    }

    private static func isFrame(_ entry: Recording.Entry) -> Bool {
        ["text", "binary", "ping", "close", "frame"].contains(entry.kind)
    }

    /// Lets the clock catch up with the recording, once the server has seen all that was sent before.
    private mutating func goOn(to entry: Recording.Entry) async throws {
        let moment = Timestamp(nanoseconds: entry.milliseconds * 1_000_000)
        guard moment > clock.now else { return }
        for line in lines.values { try await settle(line) }
        try await settlePolls()
        clock.advance(to: moment)
    }

    private func settle(_ line: Line) async throws {
        let (number, sent) = (line.number, line.sent)
        let arrivals: Set<JournalEntry.Kind> = [.received, .undecodable, .pinged, .closed]
        let journal = server.journal
        _ = try await journal.wait { _ in
            journal.entries.count { $0.connection == number && arrivals.contains($0.kind) } >= sent
        }
    }

    // MARK: The client

    private mutating func send(_ batch: [Recording.Entry]) async throws {
        guard let line = lines[batch[0].connection] else { throw Mismatch(description: "no connection") }
        var bytes: [UInt8] = []
        for entry in batch {
            switch entry.kind {
            case "text": bytes += RawFrame.text(entry.text).masked()
            case "binary": bytes += RawFrame.binary(entry.binary).masked()
            case "ping": bytes += RawFrame.ping.masked()
            case "close": bytes += RawFrame.close(entry.code, entry.value["reason"]?.string ?? "").masked()
            default: bytes += entry.hex
            }
            if entry.kind != "frame" {
                if line.isBlocked { line.unseen += 1 } else { line.sent += 1 }
            }
            if entry.text.contains("slow_ms") { line.isBlocked = true }
        }
        try await line.client.send(bytes)
    }

    private mutating func act(_ entry: Recording.Entry, at index: Int) async throws {
        switch entry.kind {
        case "http" where Self.isLongPoll(entry):
            try await sendLongPoll(entry)
        case "http":
            try await request(entry, answer: recording.entries[(index + 1)...].first { $0.kind == "http" })
        case "raw":
            let client = try await connect()
            lines[entry.connection] = Line(client: client, number: 0, isV1: false)
            try await client.send(entry.text)
        case "note":
            break
        default:
            throw Mismatch(description: "the client's \(entry.kind) is not known")
        }
    }

    private mutating func request(_ entry: Recording.Entry, answer: Recording.Entry?) async throws {
        let http = entry.http
        let method = http["method"]?.string ?? ""
        let target = http["url"]?.string ?? ""
        var headers = (http["req_headers"]?.object ?? [:]).sorted { $0.key < $1.key }
            .map { ($0.key, $0.value.string ?? "") }
        headers.append(("host", hostHeader))
        let isHandshake = http["body"] == nil
        // The recordings leave the key out where a WebSocket library made the handshake.
        if isHandshake { headers += RawClient.handshake.filter { $0.0 == "Sec-WebSocket-Key" } }
        let client = try await connect()
        let response = try await client.request(method, target, headers, body: http["body"]?.string ?? "")
        responses[entry.connection] = response
        if answer?.http["status"]?.integer == 101 {
            connections += 1
            let isV1 = !target.contains("vsn=2") || target.contains("vsn=1")
            let line = Line(client: client, number: connections, isV1: isV1)
            line.codec = try Self.codec(response)
            lines[entry.connection] = line
            guard response.headers["sec-websocket-accept"] == RawClient.accept else {
                throw Mismatch(description: "wrong Sec-WebSocket-Accept")
            }
        } else {
            await client.close()
        }
    }

    /// What the recorded client called the server.
    var hostHeader: String {
        "127.0.0.1:\(recording.adapter == .cowboy ? 4142 : certificate == nil ? 4140 : 4141)"
    }

    private static func codec(_ response: RawClient.Response) throws -> (any WireCodec)? {
        try PermessageDeflate().accept(response.headers["sec-websocket-extensions"], limits: ConnectionLimits())
    }

    func connect() async throws -> RawClient {
        try await RawClient.connect(to: server.port, trusting: certificate)
    }

    // MARK: The server

    private mutating func expect(_ entry: Recording.Entry) async throws {
        compared += 1
        switch entry.kind {
        case "http" where Self.isLongPoll(entry): try await expectLongPoll(entry)
        case "http": try expectResponse(entry)
        case "raw": try await expectHead(entry)
        case "note": break
        default:
            guard let line = lines[entry.connection] else { throw Mismatch(description: "no connection") }
            try await expectFrame(entry, on: line)
        }
    }

    /// The server's next frame; where compression was agreed on, all messages must be compressed, and are inflated here.
    private func frame(on line: Line) async throws -> RawFrame? {
        guard var frame = try await line.client.frame() else { return nil }
        guard line.codec != nil, frame.opcode == 1 || frame.opcode == 2 else { return frame }
        guard frame.reserved == 4 else { throw Mismatch(description: "\(frame) is not compressed") }
        let part = Bytes(frame.payload)
        frame.payload = []
        frame.reserved = 0
        try line.codec?.decode(part, isLast: true, into: &frame.payload)
        return frame
    }

    private mutating func expectFrame(_ entry: Recording.Entry, on line: Line) async throws {
        switch entry.kind {
        case "silence":
            // Nothing may come before the answer to a heartbeat that is sent now.
            probes += 1
            let reference = "probe-\(probes)"
            let (heartbeat, answer) =
                line.isV1
                ? (
                    #"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"\#(reference)"}"#,
                    #"{"topic":"phoenix","event":"phx_reply","ref":"\#(reference)","#
                        + #""payload":{"status":"ok","response":{}}}"#
                )
                : (
                    #"[null,"\#(reference)","phoenix","heartbeat",{}]"#,
                    #"[null,"\#(reference)","phoenix","phx_reply",{"status":"ok","response":{}}]"#
                )
            try await line.client.send(.text(heartbeat))
            line.sent += 1
            try compare(text: answer, with: try await frame(on: line))
        case "text":
            line.isBlocked = false
            try compare(text: entry.text, with: try await frame(on: line))
        case "binary":
            try compare(RawFrame.binary(entry.binary), with: try await frame(on: line))
        case "pong":
            try compare(RawFrame(opcode: 10, payload: []), with: try await frame(on: line))
        case "close":
            try compare(RawFrame.close(entry.code), with: try await frame(on: line))
            if let frame = try await frame(on: line) { throw Mismatch(description: "\(frame) after the close") }
        case "frame":
            var bytes = ArraySlice(entry.hex)
            guard let expected = RawFrame.parse(&bytes) else { throw Mismatch(description: "recorded frame broken") }
            if expected.opcode == 1, expected.reserved == 0 {
                try compare(text: expected.text, with: try await frame(on: line))
            } else {
                // What is compressed must be the same to the byte: both compress with zlib's own settings.
                try compare(expected, with: try await line.client.frame())
            }
        case "eof":
            if let frame = try await frame(on: line) {
                throw Mismatch(description: "expected the end, got \(frame)")
            }
        default:
            throw Mismatch(description: "the server's \(entry.kind) is not known")
        }
    }

    private mutating func compare(text: String, with frame: RawFrame?) throws {
        guard let frame, frame.opcode == 1, frame.isFinal, frame.reserved == 0 else {
            throw Mismatch(description: "expected \(text), got \(Self.describe(frame))")
        }
        let format = JSONFormat()
        let expected = try format.value(of: Bytes(text))
        try compare(expected, with: try format.value(of: Bytes(frame.payload)), text: frame.text)
    }

    mutating func compare(_ expected: Value, with actual: Value, text: String) throws {
        if let difference = comparison.difference(expected, actual) {
            throw Mismatch(description: "\(difference); expected \(expected), got \(text)")
        }
    }

    private func compare(_ expected: RawFrame, with frame: RawFrame?) throws {
        guard expected == frame else {
            throw Mismatch(description: "expected \(expected), got \(Self.describe(frame))")
        }
    }

    private static func describe(_ frame: RawFrame?) -> String {
        frame.map { $0.opcode == 1 ? $0.text : "\($0)" } ?? "the end of the connection"
    }

    private func expectResponse(_ entry: Recording.Entry) throws {
        guard let response = responses[entry.connection] else { throw Mismatch(description: "no response") }
        let http = entry.http
        guard response.status == http["status"]?.integer.map(Int.init) else {
            throw Mismatch(description: "status \(response.status)")
        }
        guard response.body == http["resp_body"]?.string ?? "" else {
            throw Mismatch(description: "body \(response.body)")
        }
        let expected = (http["resp_headers"]?.object ?? [:]).mapValues { $0.string ?? "" }
        let actual = response.headers.filter { !["date", "server", "sec-websocket-accept"].contains($0.key) }
        guard expected == actual else { throw Mismatch(description: "expected \(expected), got \(actual)") }
    }

    /// The head of a response over a bare socket; a recorded body follows as an entry of its own.
    private mutating func expectHead(_ entry: Recording.Entry) async throws {
        guard let line = lines[entry.connection] else { throw Mismatch(description: "no connection") }
        guard entry.text.hasPrefix("HTTP/") else {
            let body = responses[entry.connection]?.body ?? ""
            guard body == entry.text else { throw Mismatch(description: "body \(body)") }
            return
        }
        let response = try await line.client.response()
        responses[entry.connection] = response
        let expected = entry.text.split(separator: "\r\n").map(String.init)
        guard response.status == expected[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Mismatch(description: "status \(response.status), expected \(expected[0])")
        }
        let headers = expected.dropFirst().filter { !$0.hasPrefix("date:") }.sorted()
        let actual = response.headers.filter { $0.key != "date" }.map { "\($0.key): \($0.value)" }.sorted()
        guard headers == actual else { throw Mismatch(description: "expected \(headers), got \(actual)") }
        if response.status == 101 {
            connections += 1
            lines[entry.connection] = Line(client: line.client, number: connections, isV1: false)
            lines[entry.connection]?.codec = try Self.codec(response)
        }
    }
}
