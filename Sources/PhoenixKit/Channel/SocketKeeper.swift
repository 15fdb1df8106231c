internal import Logging

/// Keeps a socket connected and its channels joined: the handler behind `PhoenixSocket`.
///
/// Its callbacks are synchronous and it waits for nothing, so that it can be tested without tasks. What its timers and the work beside it
/// lead to comes back as an `Info`.
struct SocketKeeper: SocketHandler {
    enum Info: Sendable {
        /// There are commands in the hub.
        case commands
        /// The earliest timer is due.
        case alarm
        /// Parameters and token have come, or have not.
        case prepared(UInt64, Result<Credentials, PhoenixError>)
        /// The parameters of a join have come, or have not.
        case made(topic: Bytes, UInt64, Result<PayloadContent, PhoenixError>)
        case probed(ProbeOutcome)
        /// A hint about the network, or that there will be none any more.
        case path(NetworkPath?)
    }

    /// What is being done about the connection.
    enum Link {
        /// Nothing.
        case down
        /// The next try has its time.
        case waiting
        /// Parameters and token are asked for.
        case preparing
        case connecting
        case open
        /// It is open, and is being closed.
        case closing
    }

    enum Timer: Hashable {
        case reconnect
        case probe
        case flush
        case preparation(UInt64)
        case making(UInt64)
        case rejoin(Bytes)
        /// The leave of a channel tries again to find room.
        case leave(Bytes)
        /// The push of this number waits for its channel.
        case push(UInt64)
        /// The heartbeat of this reference.
        case ping(UInt64)
    }

    /// Who is told of the end of a reference.
    enum Outstanding {
        case push(Push)
        case leave(Push, ChannelRecord)
    }

    /// A close that waits for what has not ended.
    struct Flush {
        var code: UInt16
        var reason: String
    }

    typealias Ping = Promise<Result<Duration, PhoenixError>>

    let hub: SocketHub
    let settings: PhoenixSocket.Settings
    var fallback: Fallback
    var generator: SplitMix64
    var timers = Timers<Timer>()

    var link = Link.down
    /// Whether the user wants a connection.
    var isWanted = false
    var isSuspended = false
    var flush: Flush?
    /// How many connections in a row the server refused with 401 or 403.
    var refusals = 0
    /// What to return from the callback that is running.
    var directive = Directive.ok
    /// What parameters and token are asked for, by the number of the asking.
    var preparations: [UInt64: Preparation] = [:]
    /// Numbers of askings and makings.
    var lastWork: UInt64 = 0

    var channels: [Bytes: ChannelRecord] = [:]
    var outstanding: [UInt64: Outstanding] = [:]
    /// Pushes with a timer: those that wait for their channel, joins, and leaves that wait for a join.
    var timed: [UInt64: (push: Push, record: ChannelRecord)] = [:]
    var waitingCount = 0 {
        didSet { settings.client.metrics?.waiting(changedBy: waitingCount - oldValue) }
    }
    var waitingBytes = 0
    var makings: [UInt64: Making] = [:]
    var pings: [UInt64: Ping] = [:]
    /// Subscribers of all channels.
    var sinks: [Sink] = []
    /// The channel of the last message, which is the next one's as a rule.
    var latest: ChannelRecord?

    var logger: Logger { settings.client.logger }

    init(_ hub: SocketHub, _ fallback: Fallback) {
        self.hub = hub
        settings = hub.settings
        self.fallback = fallback
        generator = SplitMix64(seed: hub.settings.seed)
    }

    // MARK: Callbacks

    mutating func start(_ socket: inout Socket) -> Start {
        let decision = fallback.start()
        logger.debug("\(decision.explanation)")
        awaitPath(&socket)
        return .noConnect(decision.target)
    }

    mutating func handle(_ info: Info, _ socket: inout Socket) -> Directive {
        switch info {
        case .commands:
            for command in hub.takeCommands() { perform(command, &socket) }
        case .alarm:
            while let timer = timers.popDue(at: socket.now) { timerFired(timer, &socket) }
        case .prepared(let number, let result): prepared(number, result, &socket)
        case .made(let topic, let number, let result): made(topic: topic, number, result, &socket)
        case .probed(let outcome): follow(fallback.probed(outcome, at: socket.now), &socket)
        case .path(let path?):
            pathChanged(path, &socket)
            awaitPath(&socket)
        case .path(nil): break
        }
        return finish(&socket)
    }

    mutating func connected(_ socket: inout Socket) -> Directive {
        linkOpened(&socket)
        return finish(&socket)
    }

    mutating func proven(_ socket: inout Socket) -> Directive {
        refusals = 0
        follow(fallback.proven(at: socket.now), &socket)
        return finish(&socket)
    }

    mutating func heartbeatAnswered(_ answer: HeartbeatAnswer, _ socket: inout Socket) -> Directive {
        guard let number = answer.reference.number, let ping = pings.removeValue(forKey: number) else { return .ok }
        timers.cancel(.ping(number))
        ping.settle(.success(answer.roundTrip))
        return finish(&socket)
    }

    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        linkLost(reason, &socket)
        return finish(&socket)
    }

    mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive {
        joinAccepted(join, &socket)
        return finish(&socket)
    }

    mutating func joinFailed(_ failure: JoinFailure, _ socket: inout Socket) -> Directive {
        joinRefused(failure, &socket)
        return finish(&socket)
    }

    mutating func channelClosed(_ closure: ChannelClosure, _ socket: inout Socket) -> Directive {
        channelEnded(closure, &socket)
        return finish(&socket)
    }

    mutating func replied(_ reply: Reply, _ socket: inout Socket) -> Directive {
        guard let number = reply.reference.number, let entry = outstanding.removeValue(forKey: number) else {
            return .ok
        }
        switch entry {
        case .push(let push): push.promise.settle(reply.outcome)
        case .leave(let push, let record): leaveEnded(push, record, number, reply.outcome)
        }
        return finish(&socket)
    }

    mutating func received(_ message: Message, _ socket: inout Socket) -> Directive {
        for sink in sinks { sink.deliver(message) }
        if let latest, latest.topic == message.topicBytes {
            latest.deliver(message)
        } else if let record = channels[message.topicBytes] {
            latest = record
            record.deliver(message)
        }
        return .ok
    }

    mutating func terminate(_ reason: StopReason) {
        endEverything(reason)
    }

    /// Sets the alarm, and returns what is to be done.
    private mutating func finish(_ socket: inout Socket) -> Directive {
        goOnFlushing(&socket)
        socket.alarm = timers.next.map { (.alarm, $0) }
        defer { directive = .ok }
        return directive
    }
}
