internal import Logging

extension SocketKeeper {
    /// Does what a handle asked for.
    mutating func perform(_ command: SocketHub.Command, _ socket: inout Socket) {
        switch command {
        case .connect:
            isWanted = true
            flush = nil
            timers.cancel(.flush)
            if isSuspended, case .down = link, hub.socketState.kind != .suspended {
                tell(.suspended)
            }
            open(&socket)
        case .disconnect(let code, let reason, let patience):
            isWanted = false
            disconnect(Flush(code: code, reason: reason), patience, &socket)
        case .suspend:
            guard !isSuspended else { return }
            isSuspended = true
            disconnect(Flush(code: 1000, reason: ""), .zero, &socket)
        case .resume:
            isSuspended = false
            open(&socket)
        case .networkChanged(let path): pathChanged(path, &socket)
        case .replace(let fallback): replace(fallback, &socket)
        case .ping(let promise, let deadline): ping(promise, deadline, &socket)
        case .join(let topic, let epoch, let parameters, let push): beginJoin(topic, epoch, parameters, push, &socket)
        case .leave(let topic, let epoch, let push): beginLeave(topic, epoch, push, &socket)
        case .push(let topic, let push):
            if let record = channels[topic], record.isWanted {
                send(push, record, &socket)
            } else {
                // It closed while the push was on its way here.
                push.promise.settle(.channelClosed)
            }
        case .subscribe(let topic?, let sink): record(of: topic).sinks.append(sink)
        case .subscribe(nil, let sink): sinks.append(sink)
        case .unsubscribe(let topic?, let sink):
            guard let record = channels[topic] else { return }
            record.sinks.removeAll { $0 === sink }
            forgetIfIdle(record)
        case .unsubscribe(nil, let sink): sinks.removeAll { $0 === sink }
        }
    }

    private mutating func disconnect(_ order: Flush, _ patience: Duration, _ socket: inout Socket) {
        switch link {
        case .down, .waiting, .preparing: rest(nil)
        case .connecting: giveUp(order, &socket)
        case .open:
            flush = order
            guard patience > .zero else { return close(&socket) }
            timers.set(.flush, at: socket.now + patience)
        case .closing: break
        }
    }

    /// Closes the connection for a disconnect as soon as every push has ended.
    mutating func goOnFlushing(_ socket: inout Socket) {
        if flush != nil, outstanding.isEmpty, waitingCount == 0 { close(&socket) }
    }

    private mutating func close(_ socket: inout Socket) {
        guard let order = flush, case .open = link else { return }
        flush = nil
        timers.cancel(.flush)
        giveUp(order, &socket)
    }

    /// Closes the connection or gives up the try; what this callback was about to return no longer counts.
    mutating func giveUp(_ order: Flush, _ socket: inout Socket) {
        if case .connectTo = directive {
            // The driver knows nothing of this try: nothing will tell of its end.
            directive = .ok
            rest(nil)
        } else {
            directive = .ok
            link = .closing
            socket.disconnect(code: order.code, reason: order.reason)
        }
    }

    private mutating func ping(_ promise: Ping, _ deadline: Timestamp, _ socket: inout Socket) {
        do throws(PhoenixError) {
            let reference = try socket.ping()
            guard let number = reference.number else { return }
            pings[number] = promise
            timers.set(.ping(number), at: deadline)
        } catch {
            promise.settle(.failure(error))
        }
    }

    mutating func endPings(_ error: PhoenixError) {
        let ended = pings
        pings = [:]
        for (number, ping) in ended {
            timers.cancel(.ping(number))
            ping.settle(.failure(error))
        }
    }

    // MARK: Timers

    mutating func timerFired(_ timer: Timer, _ socket: inout Socket) {
        switch timer {
        case .reconnect: open(&socket)
        case .flush: close(&socket)
        case .probe:
            if let target = fallback.probeDue(at: socket.now) { prepare(.probe(target), &socket) }
        case .preparation(let number):
            preparations[number]?.promise.settle(
                .failure(
                    PhoenixError(
                        .credentials,
                        "Expected parameters and a token within \(settings.credentialsTimeout), got none. "
                            + "See Settings.credentialsTimeout."
                    )
                )
            )
        case .making(let number): makingTimedOut(number)
        case .rejoin(let topic):
            if let record = channels[topic] { join(record, &socket) }
        case .leave(let topic):
            if let record = channels[topic] { goOnLeaving(record, &socket) }
        case .push(let number): waitedTooLong(number)
        case .ping(let number):
            pings.removeValue(forKey: number)?.settle(
                .failure(PhoenixError(.timeout, "Expected the answer to a ping in time, got none."))
            )
        }
    }

    // MARK: The end

    /// The socket is over: everything that waits ends.
    mutating func endEverything(_ reason: StopReason) {
        for preparation in preparations.values { preparation.promise.settle(.failure(.waitCancelled)) }
        for making in makings.values { making.promise.settle(.failure(.waitCancelled)) }
        endPings(.socketStopped)
        for record in channels.values { endWaiting(record, .disconnected) }
        // What is left there are leaves that wait for a join.
        for (push, _) in timed.values { push.promise.settle(.left) }
        for entry in outstanding.values {
            switch entry {
            case .push(let push), .leave(let push, _): push.promise.settle(.disconnected)
            }
        }
        let left = hub.close(SocketState(.stopped, reason.disconnectReason))
        let refusal = PushOutcome.refused(PushOutcome.Refusal(.socketStopped))
        for command in left {
            switch command {
            case .ping(let promise, _): promise.settle(.failure(.socketStopped))
            case .join(_, _, _, let push), .leave(_, _, let push), .push(_, let push): push.promise.settle(refusal)
            case .subscribe(_, let sink): sink.finish()
            case .connect, .disconnect, .suspend, .resume, .networkChanged, .replace, .unsubscribe: break
            }
        }
        for record in channels.values {
            for sink in record.sinks { sink.finish() }
        }
        for sink in sinks { sink.finish() }
        (channels, outstanding, timed, pings, sinks, latest) = ([:], [:], [:], [:], [], nil)
        (preparations, makings, timers) = ([:], [:], Timers())
    }
}

extension StopReason {
    /// What a socket that has stopped says of its end.
    fileprivate var disconnectReason: DisconnectReason? {
        if case .failure(let error) = self { DisconnectReason(.failed, error: error as? PhoenixError) } else { nil }
    }
}
