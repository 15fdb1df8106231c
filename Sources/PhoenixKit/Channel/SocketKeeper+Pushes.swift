extension SocketKeeper {
    /// Sends a push, or lets it wait for its channel.
    mutating func send(_ push: Push, _ record: ChannelRecord, _ socket: inout Socket) {
        guard case .joined = record.phase, record.pendingLeave == nil, record.waiting.isEmpty, socket.isConnected else {
            return buffer(push, record, socket.now)
        }
        let left = push.deadline - socket.now
        guard left > .zero else {
            endUnsent(push, .timeout)
            return
        }
        do throws(PhoenixError) {
            let reference = try socket.push(record.name, push.event, .payload(push.payload), timeout: left)
            outstanding[reference.number ?? 0] = .push(push)
        } catch {
            endUnsent(push, .refused(PushOutcome.Refusal(error)))
        }
    }

    private mutating func buffer(_ push: Push, _ record: ChannelRecord, _ now: Timestamp) {
        guard push.deadline > now else {
            endUnsent(push, .timeout)
            return
        }
        guard waitingCount < settings.pushBufferCount, waitingBytes + push.size <= settings.pushBufferBytes else {
            let error = PhoenixError(
                .bufferFull,
                "Expected at most \(settings.pushBufferCount) pushes and \(settings.pushBufferBytes) bytes waiting for their channels, "
                    + "got more. Nothing was sent; wait for the channel to be joined."
            )
            endUnsent(push, .refused(PushOutcome.Refusal(error)))
            return
        }
        record.waiting.append(push)
        waitingCount += 1
        waitingBytes += push.size
        wait(push, record)
    }

    /// A push, a join or a leave is given its deadline.
    mutating func wait(_ push: Push, _ record: ChannelRecord) {
        timed[push.number] = (push, record)
        timers.set(.push(push.number), at: push.deadline)
    }

    mutating func stopTimer(_ push: Push) {
        timed[push.number] = nil
        timers.cancel(.push(push.number))
    }

    /// A push waits no more for its channel.
    mutating func stopWaiting(_ push: Push) {
        stopTimer(push)
        waitingCount -= 1
        waitingBytes -= push.size
    }

    /// Ends a join, or a leave that waits for one.
    mutating func end(_ push: Push, _ outcome: PushOutcome) {
        if let record = timed[push.number]?.record, record.joinPush === push { record.joinPush = nil }
        stopTimer(push)
        push.promise.settle(outcome)
    }

    mutating func waitedTooLong(_ number: UInt64) {
        guard let (push, record) = timed.removeValue(forKey: number) else { return }
        if record.joinPush === push {
            record.joinPush = nil
        } else if record.pendingLeave !== push, let index = record.waiting.firstIndex(where: { $0 === push }) {
            record.waiting.remove(at: index)
            stopWaiting(push)
            return endUnsent(push, .timeout)
        }
        push.promise.settle(.timeout)
    }

    /// Ends a push that the server never saw.
    private func endUnsent(_ push: Push, _ outcome: PushOutcome) {
        settings.client.metrics?.pushUnsent(outcome)
        push.promise.settle(outcome)
    }

    /// Ends all that waits for a channel: its pushes, the oldest first, and its join.
    mutating func endWaiting(_ record: ChannelRecord, _ outcome: PushOutcome) {
        let waiting = record.waiting
        record.waiting = []
        for push in waiting {
            stopWaiting(push)
            endUnsent(push, outcome)
        }
        if let push = record.joinPush { end(push, outcome) }
    }
}
