internal import Phoenix

/// Connects, joins, pushes once, and ends: with the reply where one is wanted.
struct PushHandler: SocketHandler {
    private var passage: Passage
    let topic: String
    let joinPayload: PayloadContent
    let event: String
    let payload: PayloadContent
    let awaitsReply: Bool
    let console: Console
    private let clock = SystemClock()
    private var joinReference: Reference?
    private var pushed = Timestamp(nanoseconds: 0)

    init(
        passage: Passage,
        topic: String,
        joinPayload: PayloadContent,
        event: String,
        payload: PayloadContent,
        awaitsReply: Bool,
        console: Console
    ) {
        self.passage = passage
        self.topic = topic
        self.joinPayload = joinPayload
        self.event = event
        self.payload = payload
        self.awaitsReply = awaitsReply
        self.console = console
    }

    mutating func start(_ socket: inout Socket) throws -> Start { passage.start() }

    mutating func connected(_ socket: inout Socket) -> Directive {
        passage.connected(&socket)
        return Self.attempt { () throws(PhoenixError) in try socket.join(topic, joinPayload) }
    }

    mutating func proven(_ socket: inout Socket) -> Directive {
        passage.proven(at: socket.now)
        return .ok
    }

    mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive {
        joinReference = join.reference
        pushed = clock.now
        let directive = Self.attempt { () throws(PhoenixError) in try socket.push(topic, event, payload) }
        // The server answers the close after it has read the push.
        if case .ok = directive, !awaitsReply { socket.disconnect() }
        return directive
    }

    mutating func joinFailed(_ failure: JoinFailure, _ socket: inout Socket) -> Directive {
        // The reason comes with `disconnected`, and there may be another way.
        if case .disconnected = failure.outcome { return .ok }
        return .stop(.failure(Failure(failure)))
    }

    mutating func replied(_ reply: Reply, _ socket: inout Socket) -> Directive {
        guard awaitsReply else { return .ok }
        switch reply.outcome {
        case .reply(let status, let response):
            show(status, response, reply.reference)
            return .stop(status == "ok" ? .normal : .failure(Failure(.errorReply, "")))
        case .timeout:
            return .stop(
                .failure(
                    Failure(
                        .timeout,
                        "Expected a reply to \(event.printable), got none in time. Does this event reply?"
                    )
                )
            )
        case .channelClosed:
            return .stop(
                .failure(
                    Failure(
                        .failure,
                        "Expected a reply to \(event.printable), but the channel closed or crashed first."
                    )
                )
            )
        // The reason comes with `disconnected`.
        case .disconnected, .left: return .ok
        case .refused(let refusal): return .stop(.failure(Failure(.failure, refusal.message)))
        }
    }

    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        guard let close = reason.close, close.isLocal else {
            if case .goOn(let directive) = passage.disconnected(reason, at: socket.now) { return directive }
            return .stop(.failure(Failure(reason)))
        }
        guard close.isClean else {
            return .stop(
                .failure(
                    Failure(
                        .unreachable,
                        "Expected the server to say goodbye after the push, but the connection was just gone. "
                            + "The push may have arrived or not; --reply tells."
                    )
                )
            )
        }
        console.note(console.noteStyle.dim("Pushed \(event.printable) to \(topic.printable)."))
        return .stop(.normal)
    }

    private func show(_ status: String, _ response: Payload, _ reference: Reference) {
        if console.isJSON {
            let text = MessageText(
                topic: topic,
                event: "phx_reply",
                payload: response,
                reference: reference,
                joinReference: joinReference,
                status: status
            )
            console.line(text.json)
        } else {
            let mark = status == "ok" ? console.style.green(status) : console.style.red(status.printable)
            console.line("\(mark)  \(response.shown)  \(console.style.dim("(\((clock.now - pushed).brief))"))")
        }
    }

    private static func attempt(_ body: () throws(PhoenixError) -> Reference) -> Directive {
        do {
            _ = try body()
            return .ok
        } catch {
            return .stop(.failure(Failure(error)))
        }
    }
}

extension Failure {
    /// The failure that a join which came to nothing means.
    init(_ failure: JoinFailure) {
        let topic = failure.topic.printable
        switch failure.outcome {
        case .reply(let status, let response):
            let advice =
                switch failure.reason {
                case "unmatched topic": " No channel of this socket serves that topic: check its spelling."
                case "join crashed": " The channel's join failed on the server: its log says why."
                default: " Check what the join needs (--join-payload, --param, --auth-token)."
                }
            let reason = failure.reason.map { "\"\($0.printable)\"" } ?? response.shown.shortened(to: 400)
            self.init(
                .joinDenied,
                "The server denied the join of \(topic) with \(status.printable): \(reason).\(advice)"
            )
        case .timeout: self.init(.timeout, "Expected an answer to the join of \(topic), got none in time.")
        case .disconnected: self.init(.unreachable, "The connection was lost before the join of \(topic) was answered.")
        case .channelClosed, .left:
            self.init(.failure, "The channel of \(topic) closed before its join was answered.")
        case .refused(let refusal): self.init(.failure, refusal.message)
        }
    }
}
