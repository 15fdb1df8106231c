import Phoenix

/// Joins a room over whatever transport gets through, pushes numbers, and says line by line what becomes of it.
///
/// Each line begins with what happened: `connected TRANSPORT`, `joined`, `pushed N`, `answered N` (with the reply the
/// server gave to it), `ended N OUTCOME` (without a reply), `tick N` (a numbered broadcast), `disconnected REASON`, `refused REASON`
/// (a join), `log TEXT`.
struct Accountant: SocketHandler {
    enum Info: Sendable { case probe, probed(ProbeOutcome), join, push }

    var fallback: Fallback
    let room: String
    /// How long to wait between pushes.
    let interval: Duration
    let say: @Sendable (String) -> Void

    private var numbers: [Reference: Int64] = [:]
    private var last: Int64 = 0

    init(_ fallback: Fallback, room: String, interval: Duration, say: @escaping @Sendable (String) -> Void) {
        (self.fallback, self.room, self.interval, self.say) = (fallback, room, interval, say)
    }

    mutating func start(_ socket: inout Socket) throws -> Start {
        try socket.send(.push, after: interval)
        let decision = fallback.start()
        say("log \(decision.explanation)")
        return .connect(decision.target)
    }

    mutating func connected(_ socket: inout Socket) -> Directive {
        fallback.connected(at: socket.now)
        say("connected \(fallback.transport)")
        _ = (try? socket.ping(), try? socket.join(room))
        return .ok
    }

    mutating func proven(_ socket: inout Socket) -> Directive {
        follow(fallback.proven(at: socket.now), &socket)
    }

    mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive {
        say("joined")
        return .ok
    }

    mutating func joinFailed(_ failure: JoinFailure, _ socket: inout Socket) -> Directive {
        say("refused \(failure.outcome)")
        return joinLater(&socket)
    }

    mutating func channelClosed(_ closure: ChannelClosure, _ socket: inout Socket) -> Directive {
        say("refused \(closure.kind)")
        return joinLater(&socket)
    }

    mutating func received(_ message: Message, _ socket: inout Socket) -> Directive {
        if message.event == "tick", let number = message.payload["n"]?.integer { say("tick \(number)") }
        return .ok
    }

    mutating func replied(_ reply: Reply, _ socket: inout Socket) -> Directive {
        guard let number = numbers.removeValue(forKey: reply.reference) else { return .ok }
        if case .reply("ok", let payload) = reply.outcome, payload["n"]?.integer == number {
            say("answered \(number)")
        } else {
            say("ended \(number) \(reply.outcome)")
        }
        return .ok
    }

    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        say("disconnected \(reason)")
        return follow(fallback.disconnected(reason, at: socket.now), &socket)
    }

    mutating func handle(_ info: Info, _ socket: inout Socket) -> Directive {
        switch info {
        case .probed(let outcome):
            return follow(fallback.probed(outcome, at: socket.now), &socket)
        case .probe:
            if let target = fallback.probeDue(at: socket.now) { socket.probe(target) { .probed($0) } }
        case .join:
            _ = try? socket.join(room)
        case .push:
            try? socket.send(.push, after: interval)
            if socket.isJoined(room), let reference = try? socket.push(room, "count", ["n": .signed(last + 1)]) {
                last += 1
                numbers[reference] = last
                say("pushed \(last)")
            }
        }
        return .ok
    }

    // Mutating, so that it sees the fallback as the decision left it.
    private mutating func follow(_ decision: Fallback.Decision, _ socket: inout Socket) -> Directive {
        say("log \(decision.explanation)")
        if let moment = fallback.nextProbe { try? socket.send(.probe, after: moment - socket.now) }
        return decision.directive
    }

    private func joinLater(_ socket: inout Socket) -> Directive {
        try? socket.send(.join, after: .milliseconds(200))
        return .ok
    }
}
