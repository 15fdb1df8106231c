internal import PhoenixKit

/// The server without a network: its sockets, channels, topics, presences and timers.
///
/// It is told what happened and answers with effects. One thread at a time; time comes in with every call. The order of
/// everything is that of Phoenix's processes: what a socket's own process does (joins, heartbeats, refusals) is sent at
/// once, what channels and broadcasts send goes to the socket's mailbox and is sent after the read at hand.
final class World {
    /// What happens when a time has come.
    enum Alarm {
        case idle(UInt64)
        case finishJoin(ChannelState, Message, JoinOutcome.Kind)
        case finishEvent(ChannelState, Message, EventOutcome.Kind)
        case step(ChannelState, ChannelRoute.Step)
        case send(SocketState, Frame, Message)
        case linger(UInt64)
        case request(UInt64)
        case longPoll(UInt64)
        case lookForPolls(UInt64)
        case answer(UInt64, SiteResponse)
        case cut(UInt64)

        /// Whether users decide how many there are.
        var isLimited: Bool {
            switch self {
            case .step, .send: true
            case .idle, .finishJoin, .finishEvent, .linger, .request, .longPoll, .lookForPolls, .answer, .cut: false
            }
        }
    }

    let site: Site
    let adapter: ServerAdapter
    let limits: ServerLimits
    let scheduling: ChannelScheduling
    let serializers: [any Serializer]
    let journal: Journal
    let gate: WorldGate
    let tokens: SessionTokens

    var faults = FaultScript()
    var sockets: [UInt64: SocketState] = [:]
    var topics = PubSub()
    var presences = PresenceTable()
    /// The sockets of long-poll sessions, by the session's name.
    var sessions: [[UInt8]: SocketState] = [:]
    /// Long-poll requests that have not been answered, by the number that the network knows them by.
    var longPollRequests: [UInt64: LongPollRequest] = [:]
    var now: Timestamp
    /// Connections that got their close frame and have not gone yet.
    private var lingering: Set<UInt64> = []
    /// The timers of TCP connections that have not sent their next request yet, by ticket.
    private var awaited: [UInt64: UInt64] = [:]
    private var lastTicket: UInt64 = 0
    /// How many timers users have running.
    private var limitedTimers = 0
    private var timers = TimerQueue<Alarm>()
    private var effects: [Effect] = []
    /// How many bytes the effects of this turn send.
    private var outgoing = 0
    private var withMail: [SocketState] = []
    private var runQueue: [(channel: ChannelState, work: ChannelState.Work)] = []
    private var lastConnection: UInt64 = 0
    private var lastChannel: UInt64 = 0

    init(
        site: Site,
        adapter: ServerAdapter,
        limits: ServerLimits,
        scheduling: ChannelScheduling,
        serializers: [any Serializer],
        journal: Journal,
        gate: WorldGate,
        secret: Secret? = nil,
        at now: Timestamp
    ) {
        self.site = site
        self.adapter = adapter
        self.limits = limits
        self.scheduling = scheduling
        self.serializers = serializers
        self.journal = journal
        self.gate = gate
        tokens = SessionTokens(secret: secret)
        self.now = now
    }

    /// Whether there is more to do at once, in a turn of its own: what a turn sends is bounded, so that a burst waits in
    /// the mailboxes and not in the network's buffers.
    var hasMoreToDo: Bool { !runQueue.isEmpty || !withMail.isEmpty }

    /// When `wake(at:)` is to be called next.
    var nextDeadline: Timestamp? { timers.nextDeadline }

    /// How many timers run, those included that have been cancelled and not been cleared away.
    var waitingTimers: Int { timers.count }

    /// Does `body` at `now` and everything that follows from it, and answers what the network is to do.
    func perform<Result>(at now: Timestamp, _ body: (World) throws -> Result) rethrows -> Result {
        advance(to: now)
        defer { settle() }
        return try body(self)
    }

    /// Takes what the network is to do, in order.
    func takeEffects() -> [Effect] {
        outgoing = 0
        guard !effects.isEmpty else { return [] }
        let taken = effects
        effects.removeAll(keepingCapacity: taken.count <= 1_024)
        return taken
    }

    /// Lets everything happen whose time has come.
    func wake(at now: Timestamp) {
        perform(at: now) { _ in }
    }

    /// What was to happen until now comes before what happens now, whoever is first to say how late it is.
    private func advance(to now: Timestamp) {
        if now > self.now { self.now = now }
        var hasRung = false
        while let alarm = timers.popDue(at: self.now) {
            ring(alarm)
            hasRung = true
        }
        if hasRung { settle() }
    }

    // MARK: What the parts use

    /// Whether this turn has sent so much that the rest is left to the next.
    var isTurnFull: Bool { outgoing > limits.writeBuffer }

    func effect(_ effect: Effect) {
        switch effect {
        case .send(_, let frame): outgoing += frame.bytes.count + 16
        case .respond(_, let response): outgoing += response.body.count + 256
        default: break
        }
        effects.append(effect)
    }

    /// Returns the number to cancel it by, or nil when there are too many already.
    @discardableResult
    func schedule(_ alarm: Alarm, after duration: Duration) -> UInt64? {
        if alarm.isLimited {
            guard limitedTimers < limits.timers else { return nil }
            limitedTimers += 1
        }
        return timers.schedule(alarm, at: now + duration)
    }

    /// Cancels an alarm that has not rung.
    func cancel(_ timer: UInt64?) {
        if let timer { timers.cancel(timer) }
    }

    func nextConnectionNumber() -> UInt64 {
        lastConnection += 1
        return lastConnection
    }

    func nextChannelNumber() -> UInt64 {
        lastChannel += 1
        return lastChannel
    }

    func mail(_ mail: SocketState.Mail, to socket: SocketState) {
        guard !socket.isClosed else { return }
        socket.mailbox.append(mail)
        list(socket)
    }

    /// Has a socket's mail delivered.
    func list(_ socket: SocketState) {
        guard !socket.isListed else { return }
        socket.isListed = true
        withMail.append(socket)
    }

    /// Lets a channel do something after everything that is under way.
    func enqueue(_ work: ChannelState.Work, for channel: ChannelState) {
        runQueue.append((channel, work))
    }

    /// Lets a channel that has been told to leave do at once what waits for it, up to the leave.
    func hastenLeave(of channel: ChannelState) {
        let waiting = runQueue.filter { $0.channel === channel }.map(\.work)
        guard waiting.contains(where: \.isLeave) else { return }
        runQueue.removeAll { $0.channel === channel }
        for work in waiting { take(work, for: channel) }
    }

    func linger(_ number: UInt64) {
        lingering.insert(number)
        schedule(.linger(number), after: limits.closeTimeout)
    }

    func lingered(_ number: UInt64) {
        lingering.remove(number)
    }

    /// A TCP connection waits for a request; its ticket is dropped when none comes in time.
    func awaitRequest() -> UInt64 {
        lastTicket += 1
        awaited[lastTicket] = schedule(.request(lastTicket), after: limits.requestTimeout)
        return lastTicket
    }

    /// The request has come, or the connection has gone.
    func requestSettled(_ ticket: UInt64) {
        cancel(awaited.removeValue(forKey: ticket))
    }

    /// Does what has queued up until nothing is left to do, or the turn is full.
    private func settle() {
        while hasMoreToDo, !isTurnFull {
            let queued = runQueue
            runQueue.removeAll(keepingCapacity: true)
            for (channel, work) in queued { take(work, for: channel) }
            let listed = withMail
            withMail.removeAll(keepingCapacity: true)
            for socket in listed {
                socket.isListed = false
                deliverMail(to: socket)
            }
        }
    }

    private func ring(_ alarm: Alarm) {
        if alarm.isLimited { limitedTimers -= 1 }
        switch alarm {
        case .idle(let number): idleTimerFired(for: number)
        case .finishJoin(let channel, let message, let outcome): joinResumed(channel, message, outcome)
        case .finishEvent(let channel, let message, let outcome): eventResumed(channel, message, outcome)
        case .step(let channel, let step): take(.step(step), for: channel)
        case .send(let socket, let frame, let message):
            if !socket.isClosed { transmit(frame, message, on: socket) }
        case .linger(let number):
            if lingering.remove(number) != nil { effect(.cut(number)) }
        case .request(let ticket):
            if awaited.removeValue(forKey: ticket) != nil { effect(.drop(ticket: ticket)) }
        case .longPoll(let request): longPollTimerFired(for: request)
        case .lookForPolls(let number):
            if let socket = sockets[number] { mail(.lookForPolls, to: socket) }
        case .answer(let request, let response): effect(.respond(request, response))
        case .cut(let number):
            if let socket = sockets[number] { cut(socket) }
        }
    }
}
