internal import PhoenixKit

/// What a `TestSocket` was told and its test has not taken yet.
struct TestSocketInbox: Sendable {
    let statuses: WaitingLine<TestSocket.ConnectStatus>
    let messages: WaitingLine<Message>
    let closures: WaitingLine<ChannelClosure>
    let replies: WaitingLine<Reply>

    /// What the test's waits are measured on.
    let clock: any PhoenixClock

    init(limit: Int, clock: any PhoenixClock) {
        self.clock = clock
        statuses = WaitingLine(limit: limit)
        messages = WaitingLine(limit: limit)
        closures = WaitingLine(limit: limit)
        replies = WaitingLine(limit: limit)
    }

    func finish() {
        statuses.finish()
        messages.finish()
        closures.finish()
        replies.finish()
    }
}

/// The handler behind a `TestSocket`: does what the test asks, and tells it what happens.
struct TestSocketHandler: SocketHandler {
    enum Request: Sendable {
        case connect(ConnectionTarget?)
        case disconnect
        case join(String, PayloadContent, Duration)
        case leave(String, PayloadContent, Duration)
        case push(String, String, PayloadContent, Duration)
        /// A push whose answer is its reply.
        case ask(String, String, PayloadContent, Duration)
        case isJoined(String)
    }

    enum Response: Sendable {
        case done
        case joined(Joined)
        case left(Payload)
        case sent(Reference)
        case replied(status: String, response: Payload)
        case isJoined(Bool)
        case failed(TestSocketError)
    }

    /// A leave that waits for its reply, then for the close of its channel.
    private struct Leave {
        let topic: String
        let caller: Caller<Response>
        var response: Payload?
        /// The topic has been joined again, so that the close of the former channel is no news any more.
        var isSuperseded = false
    }

    let beginning: Start
    let inbox: TestSocketInbox

    private var joins: [Reference: Caller<Response>] = [:]
    private var leaves: [Reference: Leave] = [:]
    private var asks: [Reference: Caller<Response>] = [:]

    init(beginning: Start, inbox: TestSocketInbox) {
        self.beginning = beginning
        self.inbox = inbox
    }

    mutating func start(_ socket: inout Socket) -> Start { beginning }

    // MARK: What the test asks

    mutating func handle(_ request: Request, from caller: Caller<Response>, _ socket: inout Socket) -> Directive {
        do throws(PhoenixError) {
            return try answer(request, caller, &socket)
        } catch {
            caller.reply(.failed(TestSocketError(error)))
            return .ok
        }
    }

    private mutating func answer(
        _ request: Request,
        _ caller: Caller<Response>,
        _ socket: inout Socket
    ) throws(PhoenixError) -> Directive {
        switch request {
        case .connect(let target):
            caller.reply(.done)
            return target.map { .connectTo($0) } ?? .connect
        case .disconnect:
            socket.disconnect()
            caller.reply(.done)
        case .join(let topic, let payload, let timeout):
            let reference = try socket.join(topic, payload, timeout: timeout)
            endLeaves(of: topic)
            for (leave, entry) in leaves where entry.topic == topic { leaves[leave]?.isSuperseded = true }
            joins[reference] = caller
        case .leave(let topic, let payload, let timeout):
            let reference = try socket.leave(topic, payload, timeout: timeout)
            leaves[reference] = Leave(topic: topic, caller: caller)
        case .push(let topic, let event, let payload, let timeout):
            caller.reply(.sent(try socket.push(topic, event, payload, timeout: timeout)))
        case .ask(let topic, let event, let payload, let timeout):
            asks[try socket.push(topic, event, payload, timeout: timeout)] = caller
        case .isJoined(let topic):
            caller.reply(.isJoined(socket.isJoined(topic)))
        }
        return .ok
    }

    // MARK: What happens

    mutating func connected(_ socket: inout Socket) -> Directive {
        inbox.statuses.add(.connected)
        return .ok
    }

    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        // All else has ended already; the closes of these will not come any more.
        for leave in leaves.values { leave.caller.reply(.failed(.disconnected)) }
        leaves = [:]
        inbox.statuses.add(.disconnected(reason))
        return .ok
    }

    mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive {
        joins.removeValue(forKey: join.reference)?.reply(.joined(join))
        return .ok
    }

    mutating func joinFailed(_ failure: JoinFailure, _ socket: inout Socket) -> Directive {
        let error = TestSocketError(failure.outcome, topic: failure.topic) ?? .channelClosed
        joins.removeValue(forKey: failure.reference)?.reply(.failed(error))
        return .ok
    }

    mutating func channelClosed(_ closure: ChannelClosure, _ socket: inout Socket) -> Directive {
        if !endLeaves(of: closure.topic) { inbox.closures.add(closure) }
        return .ok
    }

    mutating func received(_ message: Message, _ socket: inout Socket) -> Directive {
        inbox.messages.add(message.compacted())
        return .ok
    }

    mutating func replied(_ reply: Reply, _ socket: inout Socket) -> Directive {
        if leaves[reply.reference] != nil {
            leaveEnded(reply)
        } else if let caller = asks.removeValue(forKey: reply.reference) {
            if case .reply(let status, let response) = reply.outcome {
                caller.reply(.replied(status: status, response: response.compacted()))
            } else {
                caller.reply(.failed(TestSocketError(reply.outcome, topic: reply.topic) ?? .disconnected))
            }
        } else {
            inbox.replies.add(reply)
        }
        return .ok
    }

    mutating func terminate(_ reason: StopReason) {
        inbox.finish()
    }

    // MARK: Leaves

    private mutating func leaveEnded(_ reply: Reply) {
        switch reply.outcome {
        case .reply("ok", let response): leaves[reply.reference]?.response = response.compacted()
        // The channel closed before the reply: it is left.
        case .left: leaves[reply.reference]?.response = Payload(binary: Bytes())
        default:
            let error = TestSocketError(reply.outcome, topic: reply.topic) ?? .disconnected
            leaves.removeValue(forKey: reply.reference)?.caller.reply(.failed(error))
        }
        if leaves[reply.reference]?.isSuperseded == true { endLeaves(of: reply.topic) }
    }

    /// Answers the leaves of `topic` that have their reply, and says whether there were any.
    @discardableResult
    private mutating func endLeaves(of topic: String) -> Bool {
        var hasEnded = false
        for (reference, leave) in leaves where leave.topic == topic {
            guard let response = leave.response else { continue }
            leaves[reference] = nil
            leave.caller.reply(.left(response))
            hasEnded = true
        }
        return hasEnded
    }
}
