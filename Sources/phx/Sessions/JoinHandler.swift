internal import Phoenix

/// Joins a topic and pushes what the user types, showing what comes back.
struct JoinHandler: SocketHandler {
    enum Info: Sendable {
        case join
        case probe
        case probed(ProbeOutcome)
    }

    enum Request: Sendable {
        case line(String)
        case endOfInput
    }

    typealias Response = Void

    /// What to join, and how.
    struct Plan: Sendable {
        var passage: Passage
        var topic: String
        var joinPayload: PayloadContent = [:]
        /// Whether a user sits there: mistakes are told and forgotten, what breaks is tried again.
        var isInteractive: Bool
        /// Whether the first failure ends it.
        var once = false
    }

    struct Push {
        var event: String
        var time: Timestamp
    }

    /// Lines of a file wait while more pushes than this have no reply yet.
    private static let pushesAhead = 1_000

    let plan: Plan
    let console: Console
    /// Told whether what is typed can be sent.
    let ready: @Sendable (Bool) -> Void
    let clock = SystemClock()
    var joinReference: Reference?
    var pushes: [Reference: Push] = [:]
    var presence = PresenceState()
    private var passage: Passage
    private var backoff = Backoff()
    private var generator = SystemRandomNumberGenerator()
    private var began: Timestamp
    private var hasLeft = false
    /// A line that waits for the join, and those who wait for room.
    private var waiting: (line: String, caller: Caller<Void>)?
    private var held: [Caller<Void>] = []
    private var hasEnded = false
    /// The first thing that went wrong with a line of a file.
    private var problem: Status?

    init(_ plan: Plan, on console: Console, ready: @escaping @Sendable (Bool) -> Void) {
        self.plan = plan
        passage = plan.passage
        self.console = console
        self.ready = ready
        began = clock.now
    }

    mutating func start(_ socket: inout Socket) throws -> Start {
        began = clock.now
        if plan.isInteractive { note("Type an event and its payload, such as: hello {\"n\":1}   /help lists more.") }
        return passage.start()
    }

    // MARK: The connection

    mutating func connected(_ socket: inout Socket) -> Directive {
        passage.connected(&socket)
        note("Connected to \(passage.target.endpoint.redacted) in \((clock.now - began).brief).")
        return hasLeft ? .ok : join(&socket)
    }

    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        ready(false)
        began = clock.now
        switch passage.disconnected(reason, at: socket.now) {
        case .goOn(let directive): return directive
        case .broken(let decision):
            let failure = Failure(reason)
            guard plan.isInteractive, !plan.once, Failure.isTransient(reason) else { return .stop(.failure(failure)) }
            passage.tellRetry(decision, because: failure.message)
            began = began + decision.delay
            return decision.directive
        }
    }

    mutating func proven(_ socket: inout Socket) -> Directive {
        passage.proven(at: socket.now)
        return probeLater(&socket)
    }

    // MARK: The channel

    mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive {
        joinReference = join.reference
        presence = PresenceState()
        note(
            "Joined \(join.topic.printable) in \((clock.now - began).brief): \(join.response.shown.shortened(to: 200))"
        )
        ready(true)
        guard let (line, caller) = waiting else { return .ok }
        waiting = nil
        return take(line, caller, &socket)
    }

    mutating func joinFailed(_ failure: JoinFailure, _ socket: inout Socket) -> Directive {
        if case .disconnected = failure.outcome { return .ok }
        let failure = Failure(failure)
        guard plan.isInteractive, !plan.once, failure.status != .joinDenied else { return .stop(.failure(failure)) }
        return later(.join, because: failure.message, &socket)
    }

    mutating func channelClosed(_ closure: ChannelClosure, _ socket: inout Socket) -> Directive {
        ready(false)
        let topic = closure.topic.printable
        switch closure.kind {
        case .crashed:
            let failure = Failure(.failure, "The channel of \(topic) crashed.")
            guard plan.isInteractive, !plan.once else { return .stop(.failure(failure)) }
            return later(.join, because: failure.message, &socket)
        case .closed:
            console.note(console.noteStyle.yellow("The server closed the channel of \(topic). /join joins it again."))
        case .left: note("Left \(topic).")
        }
        hasLeft = true
        return plan.isInteractive ? .ok : .stop(.normal)
    }

    mutating func received(_ message: Message, _ socket: inout Socket) -> Directive {
        // A channel that only just joined may crash again; one that says something works.
        backoff.reset()
        show(message)
        return .ok
    }

    mutating func replied(_ reply: Reply, _ socket: inout Socket) -> Directive {
        guard let push = pushes.removeValue(forKey: reply.reference) else { return .ok }
        show(reply, to: push)
        if case .reply = reply.outcome { backoff.reset() }
        if case .reply(let status, _) = reply.outcome, status != "ok" { problem = problem ?? .errorReply }
        for caller in held { caller.reply(()) }
        held = []
        return endIfDone()
    }

    // MARK: The user

    mutating func handle(_ info: Info, _ socket: inout Socket) -> Directive {
        switch info {
        case .join:
            began = clock.now
            return socket.isConnected && !hasLeft ? join(&socket) : .ok
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
        if let moment = passage.nextProbe { try? socket.send(.probe, after: moment - socket.now) }
        return .ok
    }

    mutating func handle(_ request: Request, from caller: Caller<Void>, _ socket: inout Socket) -> Directive {
        switch request {
        case .endOfInput:
            caller.reply(())
            hasEnded = true
            return plan.isInteractive ? .stop(.normal) : endIfDone()
        case .line(let line):
            guard plan.isInteractive || socket.isConnected && socket.isJoined(plan.topic) else {
                waiting = (line, caller)
                return .ok
            }
            return take(line, caller, &socket)
        }
    }

    private mutating func take(_ line: String, _ caller: Caller<Void>, _ socket: inout Socket) -> Directive {
        let directive: Directive
        do {
            directive = try run(JoinLine(line), &socket)
        } catch let failure as Failure {
            directive = complain(failure)
        } catch let error as PhoenixError where error.code == .notJoined || error.code == .disconnected {
            directive = complain(
                Failure(.failure, "Nothing was sent: \(plan.topic.printable) is not joined at present.")
            )
        } catch let error as PhoenixError {
            directive = complain(Failure(error))
        } catch {
            directive = complain(Failure(.failure, "\(error)"))
        }
        if plan.isInteractive || pushes.count < Self.pushesAhead { caller.reply(()) } else { held.append(caller) }
        if case .ok = directive { return endIfDone() }
        return directive
    }

    private mutating func run(_ line: JoinLine, _ socket: inout Socket) throws -> Directive {
        switch line {
        case .nothing: break
        case .push(let event, let payload):
            let time = clock.now
            pushes[try socket.push(plan.topic, event, payload)] = Push(event: event, time: time)
        case .help: console.line(JoinLine.helpText)
        case .presence:
            let names = presence.list.map(\.key.printable).joined(separator: ", ")
            console.line(names.isEmpty ? "Nobody is known to be here." : "Here: \(names)")
        case .leave: try socket.leave(plan.topic)
        case .join:
            hasLeft = false
            began = clock.now
            return join(&socket)
        case .quit: return .stop(.normal)
        }
        return .ok
    }

    private mutating func complain(_ failure: Failure) -> Directive {
        console.warn(console.noteStyle.red(failure.message))
        problem = problem ?? failure.status
        return .ok
    }

    private mutating func endIfDone() -> Directive {
        guard hasEnded, !plan.isInteractive, pushes.isEmpty, waiting == nil else { return .ok }
        return .stop(problem.map { .failure(Failure($0, "")) } ?? .normal)
    }

    // MARK: Again

    private func join(_ socket: inout Socket) -> Directive {
        do {
            try socket.join(plan.topic, plan.joinPayload)
            return .ok
        } catch {
            guard plan.isInteractive else { return .stop(.failure(Failure(error))) }
            console.warn(console.noteStyle.red(error.message))
            return .ok
        }
    }

    private mutating func later(_ info: Info, because message: String, _ socket: inout Socket) -> Directive {
        let delay = backoff.next(using: &generator)
        console.note(console.noteStyle.yellow("\(message) Trying again in \(delay.brief)."))
        do {
            try socket.send(info, after: delay)
            return .ok
        } catch {
            return .stop(.failure(Failure(error)))
        }
    }

    private func note(_ text: String) { console.note(console.noteStyle.dim(text)) }
}
