internal import Logging

extension Driver {
    /// How the work on an open connection ended.
    private enum Ending: Sendable {
        case closed(ConnectionClose)
        case failed(PhoenixError)
        /// The transport's inbound ended and said nothing.
        case down
        case cancelled
        case writerFailed(PhoenixError)
        case writerDone
    }

    // MARK: Opening

    /// Connects, in whatever state the client is (hazard B36): see `Directive`.
    func connect(to newTarget: ConnectionTarget?) {
        pendingConnect = nil
        // It is on its way there.
        if let pendingMove, newTarget ?? pendingMove.target == pendingMove.target { return }
        let isNew = newTarget != nil && newTarget != target
        switch phase {
        case .idle: break
        case .connecting(_, let abandoned):
            guard isNew else { return }
            abandoned.raise()
        case .connected(_, let outbox, _):
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
        let abandoned = Signal()
        phase = .connecting(generation, abandoned: abandoned)
        liveConnections += 1
        mailbox.add { await self.runConnection(generation, to: target, abandoned: abandoned) }
    }

    /// Closes the connection, or gives up the attempt to open one.
    func disconnect(code: UInt16, reason: String) {
        pendingConnect = nil
        switch phase {
        case .idle: break
        case .connecting(_, let abandoned):
            abandoned.raise()
            forget(.abandoned)
            drain()
        case .connected(_, let outbox, _):
            pendingMove = nil
            outbox.close(code: code, reason: reason)
        }
    }

    /// One connection from its beginning to its end.
    private func runConnection(_ generation: UInt64, to target: ConnectionTarget, abandoned: Signal) async {
        do {
            guard case .connecting(generation, _) = phase else { throw CancellationError() }
            let resolution = try resolve(target)
            for note in resolution.notes { logger.info("\(note)") }
            let request = Self.request(for: resolution, target, generation, configuration)
            let wiretap = configuration.wiretap
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await resolution.transport.withConnection(request) { connection in
                        await self.serve(
                            connection.tapped(by: wiretap, generation: generation, clock: request.clock),
                            generation,
                            serializer: resolution.serializer,
                            needsHeartbeat: resolution.transport.capabilities.needsHeartbeat
                        )
                    }
                }
                group.addTask { await abandoned.wait() }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch {
            if !(error is CancellationError) { metrics?.connectionFailed() }
            connectionEnded(generation, .failedToConnect(Self.typed(error)))
        }
        liveConnections -= 1
        if stopReason != nil, liveConnections == 0 { mailbox.finish() }
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

    private func serve(
        _ connection: Connection,
        _ generation: UInt64,
        serializer: S,
        needsHeartbeat: Bool
    ) async {
        guard case .connecting(generation, let abandoned) = phase else { return }
        let outbox = Outbox(metrics: metrics)
        let monitor = ConnectionMonitor(
            interval: needsHeartbeat ? configuration.heartbeatInterval : nil,
            timeout: configuration.heartbeatTimeout,
            clock: clock
        )
        phase = .connected(generation, outbox, abandoned: abandoned)
        metrics?.connectionOpened(isFirst: !hasBeenConnected)
        hasBeenConnected = true
        socket.monitor = monitor
        socket.core.connected(serializer)
        logger.debug("Connected", metadata: ["generation": "\(generation)"])
        apply(handler.connected(&socket))
        settle()

        let (references, metrics) = (socket.core.references, metrics)
        let ending = await withTaskGroup(of: Ending.self) { group in
            group.addTask { await self.read(connection.inbound, generation, serializer, monitor) }
            group.addTask { await Self.write(outbox, to: connection.outbound, metrics) }
            if needsHeartbeat {
                group.addTask { await Self.beat(monitor, references, serializer, outbox) }
            }
            let ending = await self.firstEnding(of: &group)
            group.cancelAll()
            return ending
        }
        metrics?.connectionClosed()
        connectionEnded(generation, Self.reason(for: ending))
    }

    /// The ending that counts.
    ///
    /// A writer that failed leaves the last word to the reader, which knows how the connection closed; but not for
    /// ever.
    private func firstEnding(of group: inout TaskGroup<Ending>) async -> Ending {
        var writerError: PhoenixError?
        while let ending = await group.next() {
            switch ending {
            case .writerDone: continue
            case .writerFailed(let error):
                writerError = error
                let (clock, deadline) = (clock, clock.now + configuration.deadlines.close)
                group.addTask {
                    try? await clock.sleep(until: deadline)
                    return .failed(error)
                }
            case .closed(let close):
                if !close.isClean, let writerError, writerError.code != .disconnected { return .failed(writerError) }
                return ending
            case .failed, .down, .cancelled: return ending
            }
        }
        return .down
    }

    private func read(
        _ inbound: any Inbound,
        _ generation: UInt64,
        _ serializer: S,
        _ monitor: ConnectionMonitor
    ) async -> Ending {
        do {
            while true {
                monitor.readerWaits()
                guard let event = try await inbound.next() else { return .down }
                switch event {
                case .frames(let batch):
                    monitor.framesArrived(at: batch.arrival)
                    receive(batch, generation, serializer, monitor)
                case .closed(let close): return .closed(close)
                }
            }
        } catch is CancellationError {
            return .cancelled
        } catch {
            return .failed(Self.typed(error))
        }
    }

    private static func write(
        _ outbox: Outbox,
        to outbound: any Outbound,
        _ metrics: SocketMetrics?
    ) async -> Ending {
        do {
            while let order = await outbox.next() {
                switch order {
                case .write(let frames):
                    metrics?.sent(frames)
                    try await outbound.write(frames)
                case .close(let code, let reason):
                    await outbound.close(code: code, reason: reason)
                    return .writerDone
                }
            }
            return .cancelled
        } catch is CancellationError {
            return .cancelled
        } catch {
            return .writerFailed(typed(error))
        }
    }

    private static func beat(
        _ monitor: ConnectionMonitor,
        _ references: ReferenceSource,
        _ serializer: S,
        _ outbox: Outbox
    ) async -> Ending {
        do {
            let silence = try await monitor.beat(references: references) { reference in
                let heartbeat = try Message.heartbeat(reference, in: serializer.payloadFormat)
                outbox.add([try serializer.encode(heartbeat, as: .client)])
            }
            guard let silence else { return .cancelled }
            return .failed(
                PhoenixError(
                    .timeout,
                    "Expected a sign of life after a heartbeat, got none for \(silence). The connection counts as dead."
                )
            )
        } catch {
            return .failed(typed(error))
        }
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
        while case .connected(generation, _, _) = phase {
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
        guard !socket.core.isProven, case .connected(generation, _, _) = phase else { return }
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
    /// A task that was cancelled although its connection is the present one was cancelled with the whole client.
    private func connectionEnded(_ generation: UInt64, _ reason: DisconnectReason) {
        switch phase {
        case .connecting(generation, _), .connected(generation, _, _):
            if Task.isCancelled { return stop(.cancelled) }
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

    private static func reason(for ending: Ending) -> DisconnectReason {
        switch ending {
        case .closed(let close): DisconnectReason(.closed, close: close)
        case .failed(let error), .writerFailed(let error): DisconnectReason(.failed, error: error)
        case .down, .cancelled, .writerDone: DisconnectReason(.transportDown)
        }
    }

    static func typed(_ error: any Error) -> PhoenixError {
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
