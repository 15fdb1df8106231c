internal import Logging

extension SocketKeeper {
    /// The making of a join's parameters.
    struct Making {
        let record: ChannelRecord
        let promise: Promise<Result<PayloadContent, PhoenixError>>
    }

    /// The channel of `topic`, a new one if need be.
    mutating func record(of topic: Bytes) -> ChannelRecord {
        if let record = channels[topic] { return record }
        let record = ChannelRecord(topic, rejoin: settings.rejoin)
        channels[record.topic] = record
        return record
    }

    /// The channels to be joined, in the order in which that was asked for.
    var wantedRecords: [ChannelRecord] {
        channels.values.filter { if case .wanted = $0.phase { true } else { false } }.sorted { $0.epoch < $1.epoch }
    }

    /// Drops a channel that nobody uses or listens to any more.
    mutating func forgetIfIdle(_ record: ChannelRecord) {
        guard case .closed = record.phase, record.sinks.isEmpty, channels[record.topic] === record else { return }
        channels[record.topic] = nil
        if latest === record { latest = nil }
    }

    /// Tells the handles what has become of a channel.
    func publish(_ record: ChannelRecord) {
        let state: ChannelState =
            switch record.phase {
            case .closed: .closed
            case .wanted: timers.isRunning(.rejoin(record.topic)) ? .errored : .joining
            case .preparing, .joining: .joining
            case .joined: record.pendingLeave == nil ? .joined : .joining
            case .leaving: .leaving
            }
        let isLeaving = record.pendingLeave != nil && !record.isRejoining
        hub.publish(isLeaving ? .leaving : state, of: record.topic, epoch: record.epoch)
    }

    // MARK: Joining

    mutating func beginJoin(
        _ topic: Bytes,
        _ epoch: UInt64,
        _ parameters: ChannelParameters,
        _ push: Push,
        _ socket: inout Socket
    ) {
        let record = record(of: topic)
        record.epoch = epoch
        record.parameters = parameters
        record.backoff.reset()
        if let former = record.joinPush { end(former, .left) }
        record.joinPush = push
        wait(push, record)
        switch record.phase {
        case .joining where record.pendingLeave != nil, .joined where record.pendingLeave != nil:
            // Left, but the leave cannot be sent yet: this join follows it.
            record.isRejoining = true
            publish(record)
        case .joining: publish(record)
        case .closed, .wanted, .preparing, .joined, .leaving:
            stopMaking(record)
            record.phase = .wanted
            join(record, &socket)
        }
    }

    /// Sends the join of a channel, if there is a connection; its parameters are made first where they have to be.
    mutating func join(_ record: ChannelRecord, _ socket: inout Socket) {
        timers.cancel(.rejoin(record.topic))
        guard case .wanted = record.phase else { return }
        defer { publish(record) }
        guard case .open = link, socket.isConnected else { return }
        switch record.parameters.source {
        case .fixed(let content): sendJoin(record, content, &socket)
        case .made(let make): startMaking(record, make, &socket)
        }
    }

    private mutating func sendJoin(_ record: ChannelRecord, _ content: PayloadContent, _ socket: inout Socket) {
        do throws(PhoenixError) {
            let timeout = record.joinPush?.timeout ?? settings.client.joinTimeout
            let reference = try socket.join(record.name, content, timeout: timeout)
            record.phase = .joining(reference.number ?? 0)
        } catch  where error.code == .encoding || error.code == .limitExceeded {
            logger.error("A channel cannot be joined", metadata: ["topic": "\(record.name)", "error": "\(error)"])
            let push = takeJoinPush(record)
            close(record)
            if let push { end(push, .refused(PushOutcome.Refusal(error))) }
        } catch {
            record.phase = .wanted
            if error.code != .disconnected { tryAgain(record, socket.now) }
        }
    }

    private mutating func startMaking(
        _ record: ChannelRecord,
        _ make: @escaping @Sendable () async throws -> PayloadContent,
        _ socket: inout Socket
    ) {
        lastWork += 1
        let (number, topic) = (lastWork, record.topic)
        let promise = Promise<Result<PayloadContent, PhoenixError>>()
        do throws(PhoenixError) {
            try socket.perform { .made(topic: topic, number, await Making.result(of: make, promise)) }
            record.phase = .preparing(number)
            makings[number] = Making(record: record, promise: promise)
            timers.set(.making(number), at: socket.now + settings.client.joinTimeout)
        } catch {
            tryAgain(record, socket.now)
        }
    }

    func makingTimedOut(_ number: UInt64) {
        makings[number]?.promise.settle(
            .failure(
                PhoenixError(
                    .timeout,
                    "Expected the parameters of a join within \(settings.client.joinTimeout), got none."
                )
            )
        )
    }

    mutating func made(
        topic: Bytes,
        _ number: UInt64,
        _ result: Result<PayloadContent, PhoenixError>,
        _ socket: inout Socket
    ) {
        timers.cancel(.making(number))
        makings[number] = nil
        guard let record = channels[topic], case .preparing(number) = record.phase else { return }
        record.phase = .wanted
        switch result {
        case .success(let content):
            if case .open = link, socket.isConnected { sendJoin(record, content, &socket) }
            publish(record)
        case .failure(let error):
            logger.warning("A join has no parameters", metadata: ["topic": "\(record.name)", "error": "\(error)"])
            tryAgain(record, socket.now)
            publish(record)
            if let push = record.joinPush {
                end(push, error.code == .timeout ? .timeout : .refused(PushOutcome.Refusal(error)))
            }
        }
    }

    /// The push of the join, which no longer ends with what else waits for the channel.
    private func takeJoinPush(_ record: ChannelRecord) -> Push? {
        defer { record.joinPush = nil }
        return record.joinPush
    }

    /// Nobody waits for the parameters of this join any more.
    private mutating func stopMaking(_ record: ChannelRecord) {
        guard case .preparing(let number) = record.phase else { return }
        timers.cancel(.making(number))
        makings.removeValue(forKey: number)?.promise.settle(.failure(.waitCancelled))
    }

    /// Joins a channel again after a while.
    private mutating func tryAgain(_ record: ChannelRecord, _ now: Timestamp) {
        record.phase = .wanted
        timers.set(.rejoin(record.topic), at: now + record.backoff.next(using: &generator))
    }

    mutating func joinAccepted(_ join: Joined, _ socket: inout Socket) {
        guard let number = join.reference.number, let record = channels[Bytes(join.topic)],
            case .joining(number) = record.phase
        else { return }
        record.phase = .joined(number)
        record.backoff.reset()
        if record.pendingLeave != nil { return goOnLeaving(record, &socket) }
        for sink in record.sinks { sink.joined?() }
        publish(record)
        if let push = record.joinPush { end(push, .reply(status: "ok", response: join.response)) }
        let waiting = record.waiting
        record.waiting = []
        for push in waiting {
            stopWaiting(push)
            send(push, record, &socket)
        }
    }

    mutating func joinRefused(_ failure: JoinFailure, _ socket: inout Socket) {
        guard let number = failure.reference.number, let record = channels[Bytes(failure.topic)],
            case .joining(number) = record.phase
        else { return }
        if case .disconnected = failure.outcome {
            // `disconnected` follows, and `connected` joins again.
            record.phase = .wanted
            return
        }
        if record.pendingLeave != nil {
            if leaveIsOver(record) { self.join(record, &socket) }
            return
        }
        let push = takeJoinPush(record)
        if let reason = failure.reason, settings.permanentJoinErrors.contains(reason) {
            logger.warning(
                "A channel is refused for good",
                metadata: ["topic": "\(record.name)", "reason": "\(reason)"]
            )
            close(record)
        } else {
            tryAgain(record, socket.now)
            publish(record)
        }
        if let push { end(push, failure.outcome) }
    }

    // MARK: Leaving

    mutating func beginLeave(_ topic: Bytes, _ epoch: UInt64, _ push: Push, _ socket: inout Socket) {
        guard let record = channels[topic] else {
            // It closed while the leave was on its way here.
            hub.publish(.closed, of: topic, epoch: epoch)
            push.promise.settle(.left)
            return
        }
        record.epoch = epoch
        endWaiting(record, .left)
        switch record.phase {
        case .joined where record.pendingLeave == nil: _ = sendLeave(push, record, &socket)
        case .joined, .joining:
            // The server would not know what to leave: the leave follows the reply. Or one before it has found no room yet.
            if let former = record.pendingLeave { end(former, .left) }
            (record.pendingLeave, record.isRejoining) = (push, false)
            wait(push, record)
        case .closed, .wanted, .preparing, .leaving:
            close(record)
            push.promise.settle(.left)
        }
        publish(record)
    }

    /// Sends a leave; false when it has to wait for room.
    private mutating func sendLeave(_ push: Push, _ record: ChannelRecord, _ socket: inout Socket) -> Bool {
        do throws(PhoenixError) {
            // One that has waited too long has ended; the server is to know all the same.
            let left = push.deadline - socket.now
            if left <= .zero { push.promise.settle(.timeout) }
            let timeout = left > .zero ? left : push.timeout
            let reference = try socket.leave(record.name, .payload(push.payload), timeout: timeout)
            record.phase = .leaving(reference.number ?? 0)
            outstanding[reference.number ?? 0] = .leave(push, record)
        } catch  where error.code == .bufferFull {
            record.pendingLeave = push
            if push.settled == nil { wait(push, record) }
            timers.set(.leave(record.topic), at: socket.now + Self.leavePause)
            return false
        } catch {
            // Without a connection, or on one that is being closed, the server forgets the channel by itself.
            if !record.isRejoining { close(record) }
            push.promise.settle(.left)
        }
        return true
    }

    /// How long a leave waits that found no room.
    private static var leavePause: Duration { .milliseconds(50) }

    /// Sends the leave that has waited, and the join that follows it.
    mutating func goOnLeaving(_ record: ChannelRecord, _ socket: inout Socket) {
        guard case .joined = record.phase, let leave = record.pendingLeave else { return }
        defer { publish(record) }
        stopTimer(leave)
        record.pendingLeave = nil
        guard sendLeave(leave, record, &socket), record.isRejoining else { return }
        record.isRejoining = false
        record.phase = .wanted
        join(record, &socket)
    }

    /// The leave that waited has nothing to leave any more: true when the channel is to be joined anew.
    private mutating func leaveIsOver(_ record: ChannelRecord) -> Bool {
        let isRejoining = record.isRejoining
        let leave = record.pendingLeave
        (record.pendingLeave, record.isRejoining) = (nil, false)
        timers.cancel(.leave(record.topic))
        if isRejoining { record.phase = .wanted } else { close(record) }
        if let leave { end(leave, .left) }
        return isRejoining
    }

    mutating func leaveEnded(_ push: Push, _ record: ChannelRecord, _ reference: UInt64, _ outcome: PushOutcome) {
        // The close that follows is no news.
        if case .leaving(reference) = record.phase { close(record) }
        push.promise.settle(outcome == .disconnected ? .left : outcome)
    }

    // MARK: The end of a channel

    mutating func channelEnded(_ closure: ChannelClosure, _ socket: inout Socket) {
        guard let number = closure.joinReference.number, let record = channels[Bytes(closure.topic)] else { return }
        switch (record.phase, closure.kind) {
        case (.leaving, _): close(record)
        case (.joined(number), _) where record.pendingLeave != nil:
            if leaveIsOver(record) { join(record, &socket) }
        case (.joined(number), .crashed):
            logger.info("A channel crashed", metadata: ["topic": "\(record.name)"])
            tryAgain(record, socket.now)
            publish(record)
        case (.joined(number), _): close(record)
        default: break
        }
    }

    /// The channel is over until it is joined again: its handles know before what waits for it ends.
    mutating func close(_ record: ChannelRecord) {
        stopMaking(record)
        record.phase = .closed
        timers.cancel(.rejoin(record.topic))
        timers.cancel(.leave(record.topic))
        let leave = record.pendingLeave
        (record.pendingLeave, record.isRejoining) = (nil, false)
        publish(record)
        if let leave { end(leave, .left) }
        endWaiting(record, .channelClosed)
        for sink in record.sinks where sink.endsWithChannel { sink.finish() }
        record.sinks.removeAll { $0.endsWithChannel }
        forgetIfIdle(record)
    }

    /// There is no connection any more: what was joined is to be joined again.
    mutating func connectionLost(_ record: ChannelRecord) {
        switch record.phase {
        case .joined, .joining, .wanted, .preparing:
            timers.cancel(.rejoin(record.topic))
            stopMaking(record)
            if record.pendingLeave != nil, !leaveIsOver(record) { return }
            record.phase = .wanted
            publish(record)
        case .leaving: close(record)
        case .closed: break
        }
    }
}

extension SocketKeeper.Making {
    /// Makes the parameters; who settles `promise` before ends the making.
    fileprivate static func result(
        of make: @escaping @Sendable () async throws -> PayloadContent,
        _ promise: Promise<Result<PayloadContent, PhoenixError>>
    ) async -> Result<PayloadContent, PhoenixError> {
        let making = Task {
            do {
                promise.settle(.success(try await make()))
            } catch {
                promise.settle(
                    .failure(
                        PhoenixError(
                            .credentials,
                            "Expected the parameters of a join, got an error of type \(type(of: error)). See the cause.",
                            cause: error
                        )
                    )
                )
            }
        }
        defer { making.cancel() }
        return await promise.value() ?? .failure(.waitCancelled)
    }
}
