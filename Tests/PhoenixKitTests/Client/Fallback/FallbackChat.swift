import PhoenixKit

/// Joins a room over whatever transport gets through, and comes back to the better one.
struct Chat: SocketHandler {
    enum Info: Sendable { case probe, probed(ProbeOutcome) }

    var fallback: Fallback
    let log: @Sendable (String) -> Void

    mutating func start(_ socket: inout Socket) -> Start {
        let decision = fallback.start()
        log(decision.explanation)
        return .connect(decision.target)
    }

    mutating func connected(_ socket: inout Socket) -> Directive {
        fallback.connected(at: socket.now)
        _ = (try? socket.ping(), try? socket.join("room:lobby"))
        return .ok
    }

    mutating func proven(_ socket: inout Socket) -> Directive { follow(fallback.proven(at: socket.now), &socket) }

    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        follow(fallback.disconnected(reason, at: socket.now), &socket)
    }

    mutating func handle(_ info: Info, _ socket: inout Socket) -> Directive {
        if case .probed(let outcome) = info { return follow(fallback.probed(outcome, at: socket.now), &socket) }
        if let target = fallback.probeDue(at: socket.now) { socket.probe(target) { .probed($0) } }
        return .ok
    }

    // Mutating, so that it sees the fallback as the decision left it.
    private mutating func follow(_ decision: Fallback.Decision, _ socket: inout Socket) -> Directive {
        log(decision.explanation)
        if let moment = fallback.nextProbe { try? socket.send(.probe, after: moment - socket.now) }
        return decision.directive
    }
}
