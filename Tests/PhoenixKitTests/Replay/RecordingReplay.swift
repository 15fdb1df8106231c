import PhoenixJSON
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// What the handler was told, with everything that came along.
struct ReplayEvent: Sendable {
    var kind: String
    var topic: String?
    var event: String?
    var reference: Reference?
    var status: String?
    var payload: Payload?

    init(_ kind: String, topic: String? = nil, event: String? = nil, reference: Reference? = nil) {
        self.kind = kind
        self.topic = topic
        self.event = event
        self.reference = reference
    }

    func with(_ outcome: PushOutcome) -> ReplayEvent {
        var copy = self
        switch outcome {
        case .reply(let status, let response):
            copy.status = status
            copy.payload = response
        case .timeout, .channelClosed, .disconnected, .left, .refused: copy.kind += " \(outcome)"
        }
        return copy
    }

    func with(_ payload: Payload) -> ReplayEvent {
        var copy = self
        copy.payload = payload
        return copy
    }
}

struct ReplayHandler: SocketHandler {
    typealias Request = @Sendable (inout SocketContext<ReplayHandler>) throws -> Void
    typealias Response = PhoenixError?

    let target: ConnectionTarget
    let told: FrameQueue<ReplayEvent>

    func start(_ socket: inout Socket) throws -> Start { .connect(target) }

    private func tell(_ event: ReplayEvent) -> Directive {
        told.add(event)
        return .ok
    }

    func connected(_ socket: inout Socket) -> Directive { tell(ReplayEvent("connected")) }

    func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        let refusal = reason.refusal.map { " \($0.status)" } ?? ""
        let close = reason.close.map { " \($0.isLocal ? "by us" : "by the server") \($0.code.map(String.init) ?? "-")" }
        return tell(ReplayEvent("disconnected: \(reason.kind)\(close ?? "")\(refusal)"))
    }

    func joined(_ join: Joined, _ socket: inout Socket) -> Directive {
        tell(ReplayEvent("joined", topic: join.topic, reference: join.reference).with(join.response))
    }

    func joinFailed(_ failure: JoinFailure, _ socket: inout Socket) -> Directive {
        tell(ReplayEvent("joinFailed", topic: failure.topic, reference: failure.reference).with(failure.outcome))
    }

    func channelClosed(_ closure: ChannelClosure, _ socket: inout Socket) -> Directive {
        tell(
            ReplayEvent("channelClosed: \(closure.kind)", topic: closure.topic, reference: closure.joinReference)
                .with(closure.payload)
        )
    }

    func received(_ message: Message, _ socket: inout Socket) -> Directive {
        tell(ReplayEvent("received", topic: message.topic, event: message.event).with(message.payload))
    }

    func replied(_ reply: Reply, _ socket: inout Socket) -> Directive {
        tell(ReplayEvent("replied", topic: reply.topic, reference: reply.reference).with(reply.outcome))
    }

    func dropped(_ message: Message, _ reason: DropReason, _ socket: inout Socket) -> Directive {
        tell(ReplayEvent("dropped as \(reason)", topic: message.topic, event: message.event))
    }

    func undecodable(_ frame: Frame, _ error: PhoenixError, _ socket: inout Socket) -> Directive {
        tell(ReplayEvent("undecodable"))
    }

    func handle(_ request: Request, from caller: Caller<Response>, _ socket: inout Socket) -> Directive {
        do {
            try request(&socket)
            caller.reply(nil)
        } catch {
            caller.reply(error as? PhoenixError)
        }
        return .ok
    }
}

/// Runs one recorded connection through serializer and client: what the real client sent the client is made to send, what
/// the real server sent is fed to it, and what comes of each is written down.
struct RecordingReplay {
    private typealias Client = SocketClient<ReplayHandler, LoopbackTransport, JSONSerializer>

    private let session: RecordedSession
    private let transport = LoopbackTransport()
    private let clock = TestClock()
    private let told = FrameQueue<ReplayEvent>()
    private let serializer: JSONSerializer
    private var renaming: Renaming
    /// The references of the recording by ours, and the other way round.
    private var ours: [Reference: Reference] = [:]
    private var theirs: [Reference: Reference] = [:]
    /// The join of each topic that the recording's client means.
    private var joins: [String: Reference] = [:]
    private var lines: [String] = []
    private var seconds = 0

    init(_ session: RecordedSession, renaming: Renaming) {
        self.session = session
        self.renaming = renaming
        serializer = session.serializer
    }

    /// Runs the session and returns what happened, line by line.
    mutating func run() async throws -> [String] {
        var configuration = SocketConfiguration()
        configuration.clock = clock
        configuration.joinTimeout = .seconds(1_000_000)
        configuration.pushTimeout = .seconds(1_000_000)
        configuration.heartbeatTimeout = .seconds(1_000_000)
        let pathAndQuery = session.target.split(separator: "?", maxSplits: 1).map(String.init)
        let endpoint = Endpoint(
            scheme: "ws",
            host: "server.test",
            path: pathAndQuery[0],
            query: pathAndQuery.count > 1 ? pathAndQuery[1] : "vsn=1.0.0"
        )
        let client = Client(
            ReplayHandler(target: ConnectionTarget(endpoint: endpoint), told: told),
            transport: transport,
            serializer: serializer,
            configuration: configuration
        )
        guard session.status == 101 else {
            let refusal = UpgradeRefusal(status: session.status, headers: [], body: Bytes())
            transport.refuseNext(PhoenixError(.upgradeRefused, "refused", cause: refusal))
            client.start()
            write(try #require(await told.next()))
            return lines
        }
        client.start()
        let server = await transport.accept()
        #expect(server.request.url.requestTarget == session.target || pathAndQuery.count == 1)
        write(try #require(await told.next()))
        for _ in 0..<renaming.number(in: 0...50) {
            // Spends a reference, so that ours are not the recording's.
            _ = try await client.call { socket in _ = try socket.join("", .value(.double(.nan))) }
        }
        for entry in session.entries {
            switch entry {
            case .client(let frame): try await clientSent(frame, client, server)
            case .server(let frame): try await serverSent(frame, server)
            case .clientClose(let code):
                _ = try await client.call { socket in socket.disconnect(code: code ?? 1000) }
                let close = try #require(await server.clientClose())
                lines.append("C  close \(close.code.map(String.init) ?? "-")")
                try await drainUntilDisconnected()
            case .serverClose(let code):
                guard !lines.contains(where: { $0.contains("disconnected") }) else { continue }
                lines.append("S  close \(code.map(String.init) ?? "-")")
                server.close(code: code ?? 1005)
                try await drainUntilDisconnected()
            case .end: break
            case .compressed: lines.append("S  compressed: read where permessage-deflate is tested")
            }
        }
        return lines
    }

    // MARK: The client's side

    private mutating func clientSent(_ frame: Frame, _ client: Client, _ server: LoopbackServer) async throws {
        guard let recorded = try? serializer.decode(frame, as: .server) else {
            lines.append("C  cannot be said by a client of ours: no message")
            return
        }
        if recorded.topic == "phoenix", recorded.event == "heartbeat" {
            return try await heartbeat(recorded, frame, server)
        }
        let (topic, event) = (renaming.rename(recorded.topic), renaming.rename(recorded.event))
        let payload = PayloadContent.payload(try renaming.rename(recorded.payload))
        if let oddity = oddity(of: recorded) {
            lines.append("C  cannot be said by a client of ours: \(oddity)")
            return
        }
        var error = try await client.call { socket in
            switch event {
            case "phx_join": try socket.join(topic, payload)
            case "phx_leave": try socket.leave(topic, payload)
            default: try socket.push(topic, event, payload)
            }
        }
        if error?.code == .alreadyJoined {
            lines.append("C  refused: alreadyJoined; leaves first")
            error = try await client.call { socket in
                try socket.leave(topic)
                try socket.join(topic, payload)
            }
            let leave = try serializer.decode(try #require(await server.receive()), as: .server)
            #expect(leave.event == "phx_leave")
            theirs[try #require(leave.reference)] = "(our leave)"
        }
        if let error {
            lines.append("C  refused: \(error.code) \(recorded.event) on \(recorded.topic)")
            return
        }
        let sent = try #require(await server.receive())
        let mine = try serializer.decode(sent, as: .server)
        let reference = try #require(recorded.reference)
        theirs[try #require(mine.reference)] = reference
        ours[reference] = mine.reference
        if recorded.event == "phx_join" { joins[recorded.topic] = reference }
        if recorded.event == "phx_leave" { joins[recorded.topic] = nil }
        let difference = try difference(between: sent, and: frame)
        lines.append("C  sent \(recorded.event) on \(recorded.topic) ref \(reference): \(difference)")
    }

    /// Why a client of ours would never say this, or nil.
    private func oddity(of recorded: Message) -> String? {
        if recorded.topic.isEmpty { return "no topic" }
        if recorded.event.isEmpty { return "no event" }
        if recorded.topic == "phoenix" { return "the topic of heartbeats" }
        if recorded.reference == nil { return "no ref" }
        guard let joinReference = recorded.joinReference else {
            let mayLackIt = serializer.version == "1.0.0" || joins[recorded.topic] == nil
            return mayLackIt ? nil : "no join_ref"
        }
        if recorded.event == "phx_join" {
            return joinReference == recorded.reference ? nil : "a join_ref that is not the join's own ref"
        }
        if let join = joins[recorded.topic], join != joinReference { return "a stale join_ref" }
        return nil
    }

    private mutating func heartbeat(_ recorded: Message, _ frame: Frame, _ server: LoopbackServer) async throws {
        guard recorded.joinReference == nil, recorded.reference != nil, recorded.payload.bytes == "{}" else {
            lines.append("C  cannot be said by a client of ours: an odd heartbeat")
            return
        }
        seconds += 30
        await clock.waitForSleeper(until: .seconds(seconds))
        clock.advance(by: .seconds(30))
        let sent = try #require(await server.receive())
        let mine = try serializer.decode(sent, as: .server)
        ours[try #require(recorded.reference)] = mine.reference
        theirs[try #require(mine.reference)] = recorded.reference
        lines.append("C  sent heartbeat: \(try difference(between: sent, and: frame))")
    }

    /// Compares what we sent with what the real client sent: nothing may differ but reference numbers, the order of keys, and
    /// the join_ref that we always send.
    private func difference(between mine: Frame, and recorded: Frame) throws -> String {
        if mine.kind == .text, recorded.kind == .binary, serializer.version == "1.0.0" {
            // The server reads JSON from V1's binary frames as well; we say it as text.
            return try difference(between: mine, and: .text(recorded.bytes)) + ", as text"
        }
        guard mine.kind == recorded.kind else { return "another kind of frame" }
        guard mine.kind == .text else { return try binaryDifference(mine, recorded) }
        var (one, other) = (try JSONFormat().value(of: mine.bytes), try JSONFormat().value(of: recorded.bytes))
        var extra = ""
        switch (one, other) {
        case (.array(var left), .array(var right)) where left.count == 5 && right.count == 5:
            if right[0] == .null, left[0] != .null { (extra, right[0]) = (" but for the join_ref we add", left[0]) }
            for index in 0..<2 { left[index] = original(left[index]) }
            for index in 2..<5 { left[index] = renaming.original(left[index]) }
            right = right.enumerated().map { $0.offset < 2 ? Self.asText($0.element) : $0.element }
            if !extra.isEmpty { right[0] = left[0] }
            (one, other) = (.array(left), .array(right))
        case (.object(var left), .object(var right)):
            if right["join_ref"] == nil, let added = left["join_ref"] {
                (extra, right["join_ref"]) = (" but for the join_ref we add", original(added))
            }
            for key in ["ref", "join_ref"] {
                left[key] = left[key].map(original)
                right[key] = right[key].map(Self.asText)
            }
            for key in ["topic", "event", "payload"] { left[key] = left[key].map(renaming.original) }
            (one, other) = (.object(left), .object(right))
        default: return "another shape"
        }
        return one == other ? "the same" + extra : "different: \(one) and \(other)"
    }

    private func binaryDifference(_ mine: Frame, _ recorded: Frame) throws -> String {
        let (one, other) = (try serializer.decode(mine, as: .server), try serializer.decode(recorded, as: .server))
        let sameReferences =
            one.reference.flatMap { theirs[$0] ?? $0 } == other.reference
            && (other.joinReference == nil || one.joinReference.flatMap { theirs[$0] } == other.joinReference)
        let isSame =
            sameReferences && renaming.original(one.topic) == other.topic && renaming.original(one.event) == other.event
            && one.payload == other.payload
        return isSame ? "the same" + (other.joinReference == nil ? " but for the join_ref we add" : "") : "different"
    }

    private func original(_ reference: Value) -> Value {
        guard let text = reference.string else { return reference }
        return .string((theirs[Reference(text: text)] ?? Reference(text: text)).text)
    }

    private static func asText(_ reference: Value) -> Value {
        reference.integer.map { .string(String($0)) } ?? reference
    }

    // MARK: The server's side

    private mutating func serverSent(_ frame: Frame, _ server: LoopbackServer) async throws {
        var message = try serializer.decode(frame, as: .client)
        lines.append("S  \(message.status.map { "reply \($0)" } ?? message.event) on \(message.topic)")
        let (reference, joinReference) = (message.reference, message.joinReference)
        message.reference = reference.map(mapped)
        message.joinReference = joinReference.map(mapped)
        message.topicBytes = Bytes(renaming.rename(message.topic))
        message.eventBytes = Bytes(renaming.rename(message.event))
        message.status = message.status.map { renaming.rename($0) }
        message.payload = try renaming.rename(message.payload)
        let isUnchanged =
            renaming.isIdentity && message.reference == reference && message.joinReference == joinReference
        server.send(isUnchanged ? frame : try serializer.encode(message, as: .server))
        // What no serializer can read comes back at once, and everything before it has been told by then.
        server.send(.binary([0xFF]))
        while let event = await told.next(), event.kind != "undecodable" { write(event) }
    }

    /// Our reference for one of the recording; one that the client never used, where it stands for nothing of ours.
    private func mapped(_ reference: Reference) -> Reference {
        ours[reference] ?? Reference((reference.number ?? 0) + 1_000_000, quoted: reference.isQuoted)
    }

    private mutating func drainUntilDisconnected() async throws {
        while let event = await told.next() {
            write(event)
            if event.kind.hasPrefix("disconnected") { return }
        }
    }

    private mutating func write(_ event: ReplayEvent) {
        var words = ["     \(event.kind)"]
        if let topic = event.topic { words.append("on \(renaming.original(topic))") }
        if let name = event.event { words.append(renaming.original(name)) }
        if let reference = event.reference { words.append("ref \(theirs[reference] ?? reference)") }
        if let status = event.status { words.append("status \(renaming.original(status))") }
        if let payload = event.payload {
            let value = (try? payload.value()).map(renaming.original) ?? .null
            let text = (try? JSONFormat().encode(value: value))?.text
            words.append(text ?? payload.bytes.map { String($0, radix: 16) }.joined(separator: " "))
        }
        lines.append(words.joined(separator: " "))
    }
}
