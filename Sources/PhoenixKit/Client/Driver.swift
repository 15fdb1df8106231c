internal import Logging

/// Runs one client: takes what comes from the connection, the mailbox and the clock, one thing at a time, asks the handler,
/// and does what it says.
///
/// All its state is its own; tasks, transports and clocks only come back here with what they waited for. A connection is known by
/// its generation, so that nothing of an old connection reaches a new one (hazards B6, B15, B18).
actor Driver<Handler: SocketHandler, T: Transport, S: Serializer> {
    typealias Resolver = @Sendable (ConnectionTarget) throws(PhoenixError) -> Resolution<T, S>

    enum Phase {
        case idle
        /// A connection is being opened.
        case connecting(UInt64)
        case connected(UInt64, Outbox)
    }

    /// A connection that has not been torn down completely.
    struct LiveConnection {
        let task: Task<Void, Never>
        /// Why it was cut although nobody asked for that.
        var failure: PhoenixError?
        /// How reading ended.
        var ending: Ending?
    }

    /// How the work on an open connection ended.
    enum Ending: Sendable {
        case closed(ConnectionClose)
        case failed(PhoenixError)
        /// The transport's inbound ended and said nothing.
        case down
        case cancelled
    }

    let shared: SharedConfiguration
    let mailbox: Mailbox<Handler>
    let resolve: Resolver
    let batchLoop: BatchLoop<Handler, S>
    var configuration: SocketConfiguration { _read { yield shared.configuration } }
    var clock: any PhoenixClock { configuration.clock }
    var logger: Logger { configuration.logger }
    var metrics: SocketMetrics? { configuration.metrics }

    var handler: Handler
    var socket: SocketContext<Handler>
    var phase = Phase.idle
    var target: ConnectionTarget?
    /// Reasons for which `disconnected` is still to be called.
    var disconnections: [DisconnectReason] = []
    /// The move that is being made to another target.
    var pendingMove: Move?
    /// The connection that is to be opened a while later.
    var pendingConnect: (target: ConnectionTarget, moment: Timestamp)?
    /// The connections by generation: the present one, and former ones that are still being torn down.
    var connections: [UInt64: LiveConnection] = [:]
    var hasBeenConnected = false

    private var hasRun = false
    private(set) var stopReason: StopReason?
    private var stopBy: Timestamp?
    /// The moment at which the deadlines are looked at, and the call that sees to it.
    private var armed: (moment: Timestamp, call: PendingCall)?

    init(
        handler: sending Handler,
        mailbox: Mailbox<Handler>,
        configuration: SocketConfiguration,
        resolve: @escaping Resolver,
        batchLoop: BatchLoop<Handler, S>
    ) {
        self.batchLoop = batchLoop
        self.handler = handler
        self.mailbox = mailbox
        self.resolve = resolve
        let shared = SharedConfiguration(configuration)
        self.shared = shared
        socket = SocketContext(core: SocketCore(shared), mailbox: mailbox) { target in
            await Driver.probe(target, shared.configuration, resolve)
        }
    }

    /// Runs until the handler or somebody else stops the client.
    func run() async throws {
        guard !hasRun else {
            throw PhoenixError(
                .alreadyRunning,
                "Expected a client that has not run yet, got one that has. Make a new one."
            )
        }
        hasRun = true
        defer {
            mailbox.finish()
            armed?.call.cancel()
        }
        guard try start() else { return }
        while let round = await mailbox.next() {
            if !round.jobs.isEmpty {
                await work(round)
                break
            }
            take(round)
        }
        await tearDown()
        stop(.cancelled)
        switch stopReason {
        case .failure(let error): throw error
        case .cancelled: throw CancellationError()
        case .normal, .released, nil: return
        }
    }

    /// Starts the handler; false when it wants nothing.
    private func start() throws -> Bool {
        switch try handler.start(&socket) {
        case .ignore: return false
        case .noConnect(let target): self.target = target
        case .connect(let target): connect(to: target)
        }
        settle()
        return true
    }

    /// Ends the connections that there are still, and waits for them.
    private func tearDown() async {
        for connection in connections.values { connection.task.cancel() }
        while let connection = connections.values.first { await connection.task.value }
    }

    /// Goes on with the task group that the work of the handler's own needs: few clients have any, and a group takes 2 kB.
    private func work(_ first: Mailbox<Handler>.Round) async {
        await withDiscardingTaskGroup { group in
            var next: Mailbox<Handler>.Round? = first
            while let round = next {
                for job in round.jobs { group.addTask { await job() } }
                take(round)
                next = await mailbox.next()
            }
            group.cancelAll()
        }
    }

    // MARK: What happens

    private func take(_ round: Mailbox<Handler>.Round) {
        for command in round.commands where stopReason == nil {
            switch command {
            case .info(let info): apply(handler.handle(info, &socket))
            case .delayedInfo(let info, let moment): delay(info, until: moment)
            case .request(let request, let caller): apply(handler.handle(request, from: caller, &socket))
            case .stop(let reason): stop(reason)
            case .connectionFailed(let generation, let error): cut(generation, error)
            }
            drain()
        }
        if round.isTimeUp {
            armed?.call.cancel()
            armed = nil
            deadlinesReached(clock.now)
        }
        flush()
    }

    private func delay(_ info: Handler.Info, until moment: Timestamp) {
        do {
            try socket.sendDelayed(info, at: moment)
        } catch {
            logger.error("A delayed message for the handler was refused", metadata: ["error": "\(error)"])
        }
    }

    /// Has the deadlines looked at when the next one comes.
    private func arm() {
        guard let next = nextDeadline, armed.map({ next < $0.moment }) ?? true else { return }
        armed?.call.cancel()
        armed = (next, clock.call(at: next) { [mailbox] in mailbox.timeIsUp() })
    }

    private var nextDeadline: Timestamp? {
        if stopReason != nil { return stopBy }
        var next = socket.core.table.nextDeadline
        func consider(_ deadline: Timestamp?) {
            if let deadline { next = next.map { min($0, deadline) } ?? deadline }
        }
        consider(socket.delayed.next)
        consider(socket.alarm?.moment)
        consider(pendingMove?.deadline)
        consider(pendingConnect?.moment)
        return next
    }

    private func deadlinesReached(_ now: Timestamp) {
        if let stopBy, stopBy <= now { return mailbox.finish() }
        guard stopReason == nil else { return }
        socket.core.timeReached(now)
        moveDeadlineReached(now)
        if let pendingConnect, pendingConnect.moment <= now { connect(to: pendingConnect.target) }
        drain()
        if stopReason == nil, let alarm = socket.alarm, alarm.moment <= now {
            socket.alarm = nil
            apply(handler.handle(alarm.info, &socket))
            drain()
        }
        while stopReason == nil, let info = socket.delayed.popDue(at: now) {
            apply(handler.handle(info, &socket))
            drain()
        }
    }

    // MARK: What follows

    /// Does what a callback asked for: what it sent and closed first, then what it returned.
    func apply(_ directive: Directive) {
        if socket.core.closeRequested != nil { flush() }
        switch directive {
        case .ok: break
        case .connect: connect(to: nil)
        case .connectTo(let target, after: let delay):
            if delay > .zero {
                pendingConnect = (target, clock.now + delay)
            } else {
                connect(to: target)
            }
        case .move(let target): move(to: target)
        case .stop(let reason): stop(reason)
        }
    }

    /// Reports what is still to be reported, then sends what is to be sent.
    func settle() {
        drain()
        flush()
    }

    /// Calls the handler for everything the table reported, and for what that led to.
    func drain() {
        while stopReason == nil {
            if let effect = socket.core.nextEffect() {
                apply(perform(effect))
            } else if !disconnections.isEmpty {
                apply(handler.disconnected(disconnections.removeFirst(), &socket))
            } else {
                return
            }
        }
    }

    func perform(_ effect: ChannelEffect) -> Directive {
        switch effect {
        case .joined(let topic, let reference, let response):
            metrics?.joinEnded(.ok)
            return handler.joined(
                Joined(topic: topic.text, reference: Reference(reference), response: response),
                &socket
            )
        case .joinFailed(let topic, let reference, let outcome):
            metrics?.joinEnded(SocketMetrics.Outcome(outcome))
            return handler.joinFailed(
                JoinFailure(topic: topic.text, reference: Reference(reference), outcome: outcome),
                &socket
            )
        case .closed(let topic, let joinReference, let kind, let payload):
            return handler.channelClosed(
                ChannelClosure(
                    topic: topic.text,
                    joinReference: Reference(joinReference),
                    kind: kind,
                    payload: payload
                ),
                &socket
            )
        case .ended(let topic, let reference, let outcome):
            metrics?.pushEnded(outcome)
            return handler.replied(
                Reply(topic: topic.text, reference: Reference(reference), outcome: outcome),
                &socket
            )
        case .leave(let topic, let reference, let joinReference):
            socket.core.sendCleanup(topic: topic, reference: reference, joinReference: joinReference)
            return .ok
        }
    }

    /// Hands what the callbacks left behind to the writer, the heartbeat and the clock.
    func flush() {
        if case .connected(_, let outbox) = phase {
            let frames = socket.core.takeOutgoing()
            if !frames.isEmpty { outbox.add(frames) }
            if socket.core.backlog > 0 { socket.core.backlog = outbox.backlog }
            if let deadline = socket.core.joinsSettledBy {
                socket.monitor?.joinSent(settledBy: deadline)
                socket.core.joinsSettledBy = nil
            }
        }
        if let close = socket.core.closeRequested {
            socket.core.closeRequested = nil
            disconnect(code: close.code, reason: close.reason)
        }
        goOnMoving()
        configuration.wakeList?.wakeAll()
        arm()
    }

    /// Stops: all references end, `terminate` is called, and the connection gets its time to close.
    func stop(_ reason: StopReason) {
        guard stopReason == nil else { return }
        (pendingMove, pendingConnect) = (nil, nil)
        flush()
        socket.core.disconnected()
        // Nobody's answer counts any more, but everybody is told.
        while let effect = socket.core.nextEffect() { _ = perform(effect) }
        stopReason = reason
        handler.terminate(reason)
        configuration.wakeList?.wakeAll()
        mailbox.close()
        switch phase {
        case .idle: break
        case .connecting(let generation): cut(generation)
        case .connected(_, let outbox): outbox.close(code: 1000, reason: "")
        }
        phase = .idle
        if connections.isEmpty {
            mailbox.finish()
        } else {
            stopBy = clock.now + configuration.deadlines.close + .seconds(1)
            arm()
        }
    }
}
