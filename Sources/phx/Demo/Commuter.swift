internal import Phoenix

/// A client of the demo that goes over whatever gets through: rejoins its room on every connection, and reports what happens.
struct Commuter: SocketHandler {
    enum Info: Sendable {
        case probe
        case probed(ProbeOutcome)
    }

    enum Event: Sendable {
        case decided(Fallback.Decision)
        case joined(transport: String)
        case replied(Reply)
        case disconnected(DisconnectReason)
    }

    typealias Request = Int64
    typealias Response = Result<Reference, PhoenixError>

    let room: String
    let reports: AsyncStream<Event>.Continuation
    private var fallback: Fallback

    init(to room: String, over fallback: Fallback, reports: AsyncStream<Event>.Continuation) {
        self.room = room
        self.fallback = fallback
        self.reports = reports
    }

    mutating func start(_ socket: inout Socket) -> Start { .connect(fallback.start().target) }

    mutating func connected(_ socket: inout Socket) -> Directive {
        fallback.connected(at: socket.now)
        do {
            try socket.ping()
            try socket.join(room)
            return .ok
        } catch {
            return .stop(.failure(error))
        }
    }

    mutating func proven(_ socket: inout Socket) -> Directive { follow(fallback.proven(at: socket.now), &socket) }

    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        if reason.close?.isLocal == true {
            reports.yield(.disconnected(reason))
            return .ok
        }
        return follow(fallback.disconnected(reason, at: socket.now), &socket)
    }

    mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive {
        reports.yield(.joined(transport: fallback.transport))
        return .ok
    }

    mutating func replied(_ reply: Reply, _ socket: inout Socket) -> Directive {
        reports.yield(.replied(reply))
        return .ok
    }

    mutating func handle(_ info: Info, _ socket: inout Socket) -> Directive {
        switch info {
        case .probe:
            if let target = fallback.probeDue(at: socket.now) { socket.probe(target) { .probed($0) } }
            return .ok
        case .probed(let outcome): return follow(fallback.probed(outcome, at: socket.now), &socket)
        }
    }

    /// Has `request` echoed.
    mutating func handle(_ request: Request, from caller: Caller<Response>, _ socket: inout Socket) -> Directive {
        do {
            caller.reply(.success(try socket.push(room, "echo", ["n": .signed(request)])))
        } catch {
            caller.reply(.failure(error))
        }
        return .ok
    }

    private mutating func follow(_ decision: Fallback.Decision, _ socket: inout Socket) -> Directive {
        reports.yield(.decided(decision))
        if let moment = fallback.nextProbe { try? socket.send(.probe, after: moment - socket.now) }
        return decision.directive
    }
}
