internal import Logging

extension Driver {
    // MARK: Opening

    /// Connects, in whatever state the client is (hazard B36): see `Directive`.
    func connect(to newTarget: ConnectionTarget?) {
        pendingConnect = nil
        // It is on its way there.
        if let pendingMove, newTarget ?? pendingMove.target == pendingMove.target { return }
        let isNew = newTarget != nil && newTarget != target
        switch phase {
        case .idle: break
        case .connecting(let generation):
            guard isNew else { return }
            cut(generation)
        case .connected(_, let outbox):
            guard isNew else { return }
            flush()
            outbox.close(code: 1000, reason: "")
            forget(.replaced)
        }
        if let newTarget { target = newTarget }
        guard let target else {
            disconnections.append(
                .failedToConnect(
                    PhoenixError(
                        .invalidURL,
                        "Expected a target, got .connect before any was given. Return .connectTo."
                    )
                )
            )
            return
        }
        socket.core.generation += 1
        let generation = socket.core.generation
        phase = .connecting(generation)
        // Not a child of the driver's task group, so that it can be cancelled by itself. `run` waits for it all the same.
        connections[generation] = LiveConnection(task: Task { @concurrent in await self.run(generation, to: target) })
    }

    /// Tears a connection down without ado: one that is given up, or one that failed with `failure`.
    func cut(_ generation: UInt64, _ failure: PhoenixError? = nil) {
        connections[generation]?.failure = failure
        connections[generation]?.task.cancel()
    }

    /// Closes the connection, or gives up the attempt to open one.
    func disconnect(code: UInt16, reason: String) {
        pendingConnect = nil
        switch phase {
        case .idle: break
        case .connecting(let generation):
            cut(generation)
            forget(.abandoned)
            drain()
        case .connected(_, let outbox):
            pendingMove = nil
            outbox.close(code: code, reason: reason)
        }
    }

    /// One connection from its beginning to its end; outside of the driver's isolation, in which a transport has no business.
    @concurrent
    private nonisolated func run(_ generation: UInt64, to target: ConnectionTarget) async {
        if let attempt = await attempt(generation, target) {
            do {
                try await attempt.transport.withConnection(attempt.request) {
                    await self.serve($0, generation, attempt)
                }
            } catch {
                await attemptFailed(generation, error)
            }
        }
        await connectionIsGone(generation)
    }

    // The frames of a connection's task last as long as the connection. So they hold references rather than values, and what needs
    // room for a moment only is done by functions that are not inlined into them.

    /// What a connection is made of.
    private final class Attempt: Sendable {
        let transport: T
        let serializer: S
        let request: ConnectionRequest

        init(_ resolution: Resolution<T, S>, _ request: ConnectionRequest) {
            (transport, serializer, self.request) = (resolution.transport, resolution.serializer, request)
        }
    }

    /// A connection that is open.
    private final class Link: Sendable {
        let inbound: any Inbound
        let serializer: S
        let outbox: Outbox
        let monitor: ConnectionMonitor

        init(_ inbound: any Inbound, _ serializer: S, _ outbox: Outbox, _ monitor: ConnectionMonitor) {
            (self.inbound, self.serializer, self.outbox, self.monitor) = (inbound, serializer, outbox, monitor)
        }
    }

    /// Prepares a connection; nil when nobody wants it any more, or it is not to be had.
    @inline(never)
    private func attempt(_ generation: UInt64, _ target: ConnectionTarget) -> Attempt? {
        guard case .connecting(generation) = phase else { return nil }
        do {
            let resolution = try resolve(target)
            for note in resolution.notes { logger.info("\(note)") }
            return Attempt(resolution, Self.request(for: resolution, target, generation, configuration))
        } catch {
            attemptFailed(generation, error)
            return nil
        }
    }

    @inline(never)
    private func attemptFailed(_ generation: UInt64, _ error: any Error) {
        if !(error is CancellationError), !Task.isCancelled { metrics?.connectionFailed() }
        connectionEnded(generation, .failedToConnect(PhoenixError(transport: error)))
    }

    @inline(never)
    private func connectionIsGone(_ generation: UInt64) {
        connections[generation] = nil
        if stopReason != nil, connections.isEmpty { mailbox.finish() }
    }

    /// What a connection to `target` needs.
    static func request(
        for resolution: Resolution<T, S>,
        _ target: ConnectionTarget,
        _ generation: UInt64,
        _ configuration: SocketConfiguration
    ) -> ConnectionRequest {
        var logger = configuration.logger
        logger[metadataKey: "generation"] = "\(generation)"
        logger.debug("Connecting", metadata: ["url": "\(resolution.url.redacted)"])
        return ConnectionRequest(
            url: resolution.url,
            headers: configuration.headers + target.headers,
            authToken: target.authToken,
            serializer: resolution.serializer.capabilities,
            wireExtensions: resolution.wireExtensions,
            proxy: resolution.proxy ?? configuration.proxy,
            deadlines: configuration.deadlines,
            limits: configuration.limits,
            clock: configuration.clock,
            generation: generation,
            logger: logger
        )
    }

    // MARK: Open

    private func serve(_ connection: Connection, _ generation: UInt64, _ attempt: Attempt) async {
        guard let link = connected(connection, generation, attempt) else { return }
        await read(link, generation)
        link.monitor.stop()
        await link.outbox.end()
        connectionIsOver(generation, link)
    }

    /// The connection is open; nil when nobody wants it any more.
    @inline(never)
    private func connected(_ connection: Connection, _ generation: UInt64, _ attempt: Attempt) -> Link? {
        guard case .connecting(generation) = phase else { return nil }
        let connection = connection.tapped(by: configuration.wiretap, generation: generation, clock: clock)
        let needsHeartbeat = attempt.transport.capabilities.needsHeartbeat
        let outbox = outbox(to: connection.outbound, generation)
        let monitor = ConnectionMonitor(
            interval: needsHeartbeat ? configuration.heartbeatInterval : nil,
            timeout: configuration.heartbeatTimeout,
            clock: clock,
            references: socket.core.references
        )
        phase = .connected(generation, outbox)
        metrics?.connectionOpened(isFirst: !hasBeenConnected)
        hasBeenConnected = true
        socket.monitor = monitor
        socket.core.connected(attempt.serializer)
        logger.debug("Connected", metadata: ["generation": "\(generation)"])
        apply(handler.connected(&socket))
        settle()
        if needsHeartbeat { start(monitor, generation, attempt.serializer, outbox) }
        return Link(connection.inbound, attempt.serializer, outbox, monitor)
    }

    /// What passes frames on to `outbound`.
    ///
    /// When that fails the last word is the reader's, which knows how the connection closed; but not for ever.
    private func outbox(to outbound: any Outbound, _ generation: UInt64) -> Outbox {
        let (mailbox, clock, patience) = (mailbox, clock, configuration.deadlines.close)
        return Outbox(metrics: metrics, outbound: outbound) { error in
            do { try await clock.sleep(until: clock.now + patience) } catch { return }
            mailbox.post(.connectionFailed(generation, error))
        }
    }

    private func start(_ monitor: ConnectionMonitor, _ generation: UInt64, _ serializer: S, _ outbox: Outbox) {
        let mailbox = mailbox
        monitor.start(
            ConnectionMonitor.Heart { reference in
                let heartbeat = try Message.heartbeat(reference, in: serializer.payloadFormat)
                outbox.add([try serializer.encode(heartbeat, as: .client)])
            } stopped: { error in
                mailbox.post(.connectionFailed(generation, error))
            }
        )
    }

    /// Reads until the connection ends.
    private func read(_ link: Link, _ generation: UInt64) async {
        do {
            repeat { link.monitor.readerWaits() } while take(try await link.inbound.next(), link, generation)
        } catch {
            readingFailed(generation, error)
        }
    }

    /// Takes in what came; false when that was the end.
    @inline(never)
    private func take(_ event: InboundEvent?, _ link: Link, _ generation: UInt64) -> Bool {
        switch event {
        case .frames(let batch):
            link.monitor.framesArrived(at: batch.arrival)
            receive(batch, generation, link.serializer, link.monitor)
            return true
        case .closed(let close): connections[generation]?.ending = .closed(close)
        case nil: connections[generation]?.ending = .down
        }
        return false
    }

    @inline(never)
    private func readingFailed(_ generation: UInt64, _ error: any Error) {
        connections[generation]?.ending =
            error is CancellationError ? .cancelled : .failed(PhoenixError(transport: error))
    }

    // MARK: Frames

    /// Takes in a batch.
    ///
    /// A callback may move on to another connection; what is left of the batch is no longer of interest then.
    private func receive(
        _ batch: InboundBatch,
        _ generation: UInt64,
        _ serializer: S,
        _ monitor: ConnectionMonitor
    ) {
        metrics?.received(batch.frames)
        var index = 0
        while case .connected(generation, _) = phase {
            switch batchLoop.run(batch.frames, &index, serializer, &handler, &socket) {
            case .done: return flush()
            case .directive(let directive):
                apply(directive)
                drain()
            case .message(let message): take(message, arrival: batch.arrival, generation, monitor)
            case .undecodable(let error): undecodable(batch.frames[index - 1], error)
            }
        }
        configuration.wakeList?.wakeAll()
    }

    /// Takes in a message that concerns more than the handler's `received`.
    private func take(
        _ message: Message,
        arrival: Timestamp,
        _ generation: UInt64,
        _ monitor: ConnectionMonitor
    ) {
        var isAnswer = false
        switch socket.core.received(message) {
        case .deliver: apply(handler.received(message, &socket))
        case .handled: isAnswer = message.eventBytes == Message.Name.reply
        case .heartbeat(let reference):
            if let roundTrip = monitor.heartbeatAnswered(reference, at: arrival) {
                isAnswer = true
                metrics?.roundTrip(roundTrip)
                let answer = HeartbeatAnswer(reference: Reference(reference), roundTrip: roundTrip)
                apply(handler.heartbeatAnswered(answer, &socket))
            } else {
                metrics?.dropped(.unknownReference)
                apply(handler.dropped(message, .unknownReference, &socket))
            }
        case .drop(let reason):
            metrics?.dropped(reason)
            apply(handler.dropped(message, reason, &socket))
        }
        drain()
        if isAnswer { answerCame(generation) }
    }

    /// The server answered something on the connection of `generation`.
    private func answerCame(_ generation: UInt64) {
        guard !socket.core.isProven, case .connected(generation, _) = phase else { return }
        socket.core.isProven = true
        apply(handler.proven(&socket))
        drain()
    }

    private func undecodable(_ frame: Frame, _ cause: any Error) {
        let error = PhoenixError(
            .decoding,
            "Expected a message of the serializer's version, got a \(frame.kind) frame of \(frame.bytes.count) bytes "
                + "that is none: \(PhoenixError.words(of: cause)). Check that client and server use the same vsn.",
            cause: cause
        )
        metrics?.lost(.undecodable)
        logger.warning("A frame could not be decoded", metadata: ["error": "\(error)"])
        apply(handler.undecodable(frame, error, &socket))
        drain()
    }

    // MARK: The end

    /// The connection of `generation` ended.
    ///
    /// A task that was cancelled although its connection is the present one, and did not fail, was cancelled with the whole client.
    private func connectionEnded(_ generation: UInt64, _ reason: DisconnectReason) {
        switch phase {
        case .connecting(generation), .connected(generation, _):
            if Task.isCancelled, connections[generation]?.failure == nil { return stop(.cancelled) }
            logger.debug("Disconnected", metadata: ["generation": "\(generation)", "reason": "\(reason)"])
            if pendingMove != nil {
                finishMove()
            } else {
                forget(reason)
            }
            settle()
        case .idle, .connecting, .connected: break
        }
    }

    /// Forgets the present connection: its joins, and what it was to send.
    ///
    /// `drain` reports the rest.
    func forget(_ reason: DisconnectReason) {
        phase = .idle
        pendingMove = nil
        socket.monitor = nil
        socket.core.disconnected()
        disconnections.append(reason)
    }

    @inline(never)
    private func connectionIsOver(_ generation: UInt64, _ link: Link) {
        metrics?.connectionClosed()
        connectionEnded(generation, reason(generation, link.outbox))
    }

    private func reason(_ generation: UInt64, _ outbox: Outbox) -> DisconnectReason {
        if let failure = connections[generation]?.failure { return DisconnectReason(.failed, error: failure) }
        switch connections[generation]?.ending {
        case .closed(let close):
            if !close.isClean, let failure = outbox.failure, failure.code != .disconnected {
                return DisconnectReason(.failed, error: failure)
            }
            return DisconnectReason(.closed, close: close)
        case .failed(let error): return DisconnectReason(.failed, error: error)
        case .down, .cancelled, nil: return DisconnectReason(.transportDown)
        }
    }
}

extension PhoenixError {
    /// What a transport threw.
    init(transport error: any Error) {
        self =
            error as? PhoenixError
            ?? PhoenixError(
                .transportDown,
                "Expected the transport to throw a PhoenixError, got \(error).",
                cause: error
            )
    }
}

extension DisconnectReason {
    /// The handler asked for a connection to somewhere else.
    static let replaced = DisconnectReason(.replaced)
    /// The handler gave up while connecting.
    static let abandoned = DisconnectReason(.abandoned)
}
