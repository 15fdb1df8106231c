internal import Phoenix

/// Joins topics and shows what comes on them, connecting and joining again when something breaks.
struct ListenHandler: SocketHandler {
    /// What to do later.
    enum Info: Sendable {
        case join(String)
        case probe
        case probed(ProbeOutcome)
    }

    /// What to listen to, and until when.
    struct Plan: Sendable {
        var passage: Passage
        var topics: [String]
        var joinPayload: PayloadContent = [:]
        /// The events to show; empty for all.
        var events: Set<String> = []
        /// How many messages to show before it is enough.
        var count: Int?
        /// Whether the first failure ends it.
        var once = false
    }

    private let plan: Plan
    private let console: Console
    private let clock = SystemClock()
    private var passage: Passage
    private var joinBackoff: [String: Backoff] = [:]
    private var open: Set<String>
    private var shown = 0
    private var generator = SystemRandomNumberGenerator()
    private var began: Timestamp

    init(_ plan: Plan, on console: Console) {
        self.plan = plan
        passage = plan.passage
        self.console = console
        open = Set(plan.topics)
        began = clock.now
    }

    mutating func start(_ socket: inout Socket) throws -> Start {
        began = clock.now
        return passage.start()
    }

    mutating func connected(_ socket: inout Socket) -> Directive {
        passage.connected(&socket)
        console.note(dim("Connected to \(passage.target.endpoint.redacted) in \((clock.now - began).brief)."))
        for topic in plan.topics where open.contains(topic) {
            if case .stop(let reason) = join(topic, &socket) { return .stop(reason) }
        }
        return .ok
    }

    mutating func proven(_ socket: inout Socket) -> Directive {
        passage.proven(at: socket.now)
        return probeLater(&socket)
    }

    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        began = clock.now
        switch passage.disconnected(reason, at: socket.now) {
        case .goOn(let directive): return directive
        case .broken(let decision):
            let failure = Failure(reason)
            guard !plan.once, Failure.isTransient(reason) else { return .stop(.failure(failure)) }
            passage.tellRetry(decision, because: failure.message)
            began = began + decision.delay
            return decision.directive
        }
    }

    mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive {
        console.note(dim("Joined \(join.topic.printable): \(join.response.shown.shortened(to: 200))"))
        return .ok
    }

    mutating func joinFailed(_ failure: JoinFailure, _ socket: inout Socket) -> Directive {
        switch failure.outcome {
        case .disconnected: .ok
        case .timeout where !plan.once, .channelClosed where !plan.once:
            rejoin(failure.topic, because: Failure(failure).message, &socket)
        case .reply, .timeout, .channelClosed, .left, .refused: .stop(.failure(Failure(failure)))
        }
    }

    mutating func channelClosed(_ closure: ChannelClosure, _ socket: inout Socket) -> Directive {
        let topic = closure.topic.printable
        switch closure.kind {
        case .crashed:
            let message = "The channel of \(topic) crashed."
            return plan.once
                ? .stop(.failure(Failure(.failure, message))) : rejoin(closure.topic, because: message, &socket)
        case .closed, .left:
            console.note(console.noteStyle.yellow("The server closed the channel of \(topic)."))
            open.remove(closure.topic)
            return open.isEmpty ? .stop(.normal) : .ok
        }
    }

    mutating func received(_ message: Message, _ socket: inout Socket) -> Directive {
        // A channel that only just joined may crash again; one that says something works.
        joinBackoff[message.topic] = nil
        guard plan.events.isEmpty || plan.events.contains(message.event) else { return .ok }
        let text = MessageText(message)
        console.line(
            console.isJSON ? text.json : "\(console.style.dim(System.timeOfDay()))  \(text.columns(console.style))"
        )
        shown += 1
        return shown == plan.count ? .stop(.normal) : .ok
    }

    mutating func handle(_ info: Info, _ socket: inout Socket) -> Directive {
        switch info {
        case .join(let topic): return socket.isConnected ? join(topic, &socket) : .ok
        case .probe:
            if let target = passage.probeDue(at: socket.now) { socket.probe(target) { .probed($0) } }
            return .ok
        case .probed(let outcome):
            let directive = passage.probed(outcome, at: socket.now)
            if case .ok = directive { return probeLater(&socket) }
            began = clock.now
            return directive
        }
    }

    private func probeLater(_ socket: inout Socket) -> Directive {
        guard let moment = passage.nextProbe else { return .ok }
        return later(.probe, after: moment - socket.now, &socket)
    }

    // MARK: Joins

    private func join(_ topic: String, _ socket: inout Socket) -> Directive {
        do {
            try socket.join(topic, plan.joinPayload)
            return .ok
        } catch {
            return error.code == .alreadyJoined ? .ok : .stop(.failure(Failure(error)))
        }
    }

    private mutating func rejoin(_ topic: String, because message: String, _ socket: inout Socket) -> Directive {
        let delay = joinBackoff[topic, default: Backoff()].next(using: &generator)
        console.note(console.noteStyle.yellow("\(message) Joining again in \(delay.brief)."))
        return later(.join(topic), after: delay, &socket)
    }

    private func later(_ info: Info, after delay: Duration, _ socket: inout Socket) -> Directive {
        do {
            try socket.send(info, after: delay)
            return .ok
        } catch {
            return .stop(.failure(Failure(error)))
        }
    }

    private func dim(_ text: String) -> String { console.noteStyle.dim(text) }
}
