internal import Phoenix

/// One end of the demo's conversations: does what it is asked to, and reports what happens.
struct Visitor: SocketHandler {
    /// What a visitor can be asked to do.
    enum Request: Sendable {
        case join(String, PayloadContent)
        case push(String, String, PayloadContent)
        case leave(String)
        case disconnect
    }

    typealias Response = Result<Reference?, PhoenixError>

    /// What happened, and when.
    struct Report: Sendable {
        var event: Event
        var time: Timestamp
    }

    enum Event: Sendable {
        case connected
        case disconnected(DisconnectReason)
        case joined(Joined)
        case joinFailed(JoinFailure)
        case closed(ChannelClosure)
        case received(Message)
        case replied(Reply)
    }

    let target: ConnectionTarget
    let reports: AsyncStream<Report>.Continuation
    private let clock = SystemClock()

    init(target: ConnectionTarget, reports: AsyncStream<Report>.Continuation) {
        self.target = target
        self.reports = reports
    }

    mutating func start(_ socket: inout Socket) throws -> Start { .connect(target) }

    mutating func connected(_ socket: inout Socket) -> Directive { report(.connected) }

    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        report(.disconnected(reason))
    }

    mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive { report(.joined(join)) }

    mutating func joinFailed(_ failure: JoinFailure, _ socket: inout Socket) -> Directive {
        report(.joinFailed(failure))
    }

    mutating func channelClosed(_ closure: ChannelClosure, _ socket: inout Socket) -> Directive {
        report(.closed(closure))
    }

    mutating func received(_ message: Message, _ socket: inout Socket) -> Directive { report(.received(message)) }

    mutating func replied(_ reply: Reply, _ socket: inout Socket) -> Directive { report(.replied(reply)) }

    mutating func handle(_ request: Request, from caller: Caller<Response>, _ socket: inout Socket) -> Directive {
        do {
            switch request {
            case .join(let topic, let payload): caller.reply(.success(try socket.join(topic, payload)))
            case .push(let topic, let event, let payload):
                caller.reply(.success(try socket.push(topic, event, payload)))
            case .leave(let topic): caller.reply(.success(try socket.leave(topic)))
            case .disconnect:
                socket.disconnect()
                caller.reply(.success(nil))
            }
        } catch {
            caller.reply(.failure(error))
        }
        return .ok
    }

    private func report(_ event: Event) -> Directive {
        reports.yield(Report(event: event, time: clock.now))
        return .ok
    }
}
