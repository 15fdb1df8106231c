extension ChannelTable {
    /// Checks whether a request may be sent, in the seed's order (connected, joined, not joined yet), and gives it
    /// its reference.
    ///
    /// The reference is spent even if the request is not sent after all.
    mutating func authorize(_ kind: Outstanding.Kind, on topic: Bytes) throws(PhoenixError) -> Ticket {
        guard isConnected else {
            throw PhoenixError(
                .disconnected,
                "Expected a connection, got a request on \(topic.text) while there is none. "
                    + "Wait for connected, or return .connect from a callback."
            )
        }
        let channel = channels[topic]
        if kind == .join {
            guard channel == nil || channel?.isLeaving == true else {
                throw PhoenixError(
                    .alreadyJoined,
                    "Expected a topic that is not joined, got \(topic.text), which is "
                        + "\(channel?.state == .joining ? "being joined" : "joined"). Leave it first."
                )
            }
        } else {
            guard channel?.state == .joined else {
                throw PhoenixError(
                    .notJoined,
                    "Expected a joined topic, got \(topic.text), which is "
                        + "\(channel.map { $0.isLeaving ? "left" : "still being joined" } ?? "not joined"). "
                        + "Join it and wait for joined."
                )
            }
        }
        guard outstanding.count < outstandingLimit else {
            throw PhoenixError(
                .bufferFull,
                "Expected at most \(outstandingLimit) outstanding references, got one more. Wait for replies."
            )
        }
        let reference = references.next()
        let joinReference = kind == .join ? reference : channel?.joinReference ?? reference
        return Ticket(kind: kind, topic: topic, reference: reference, joinReference: joinReference)
    }

    /// The request of `ticket` is on its way; its reference ends by `deadline` at the latest.
    mutating func sent(_ ticket: Ticket, deadline: Timestamp, into effects: inout [ChannelEffect]) {
        switch ticket.kind {
        case .join: begin(ticket, into: &effects)
        case .leave: channels[ticket.topic]?.state = .leaving(ticket.reference)
        case .push:
            if let position = channels.position(of: ticket.topic) {
                channels[at: position].pushes.append(ticket.reference)
                channels[at: position].livePushes += 1
            }
        case .cleanup: break
        }
        outstanding[ticket.reference] = Outstanding(
            kind: ticket.kind,
            topic: ticket.topic,
            joinReference: ticket.joinReference
        )
        deadlines.add(ticket.reference, at: deadline)
    }

    /// A join may follow a leave at once.
    ///
    /// The channel that is being left is over for the user then: its pushes end as left, its leave ends by whatever
    /// comes first, and its close is no news any more.
    private mutating func begin(_ ticket: Ticket, into effects: inout [ChannelEffect]) {
        var channel = Channel(joinReference: ticket.joinReference, state: .joining)
        if let former = channels.removeValue(forKey: ticket.topic) {
            endPushes(of: former, .left, into: &effects)
            channel.supersededLeaves = former.supersededLeaves.filter { outstanding[$0] != nil }
            if case .leaving(let leave) = former.state {
                if outstanding[leave] != nil { channel.supersededLeaves.append(leave) }
                answeredLeaves[leave] = nil
            }
        }
        channels[ticket.topic] = channel
    }

    /// Ends what has waited too long.
    mutating func timeReached(_ now: Timestamp, cleanupTimeout: Duration, into effects: inout [ChannelEffect]) {
        while let reference = deadlines.popDue(at: now) {
            if let topic = answeredLeaves.removeValue(forKey: reference) {
                close(topic, ifLeftBy: reference, into: &effects)
                continue
            }
            guard let entry = outstanding[reference] else { continue }
            switch entry.kind {
            case .join:
                channels[entry.topic] = nil
                end(reference, .timeout, into: &effects)
                let leave = Ticket(
                    kind: .cleanup,
                    topic: entry.topic,
                    reference: references.next(),
                    joinReference: reference
                )
                sent(leave, deadline: now + cleanupTimeout, into: &effects)
                effects.append(
                    .leave(topic: leave.topic, reference: leave.reference, joinReference: leave.joinReference)
                )
            case .leave:
                if case .leaving(reference)? = channels[entry.topic]?.state, let channel = channels[entry.topic] {
                    endPushes(of: channel, .left, into: &effects)
                }
                end(reference, .timeout, into: &effects)
                close(entry.topic, ifLeftBy: reference, into: &effects)
            case .push, .cleanup:
                end(reference, .timeout, into: &effects)
            }
        }
    }

    /// The server never closed the channel that `leave` left: it is closed for us now.
    private mutating func close(_ topic: Bytes, ifLeftBy leave: UInt64, into effects: inout [ChannelEffect]) {
        guard let channel = channels[topic], channel.state == .leaving(leave) else { return }
        channels[topic] = nil
        endSupersededLeaves(of: channel, into: &effects)
        effects.append(
            .closed(topic: topic, joinReference: channel.joinReference, .left, Payload(binary: Bytes()))
        )
    }

    /// Ends the leaves of earlier joins of the topic: the server has seen them, whether it answered or not.
    mutating func endSupersededLeaves(of channel: Channel, into effects: inout [ChannelEffect]) {
        for leave in channel.supersededLeaves {
            end(leave, .left, into: &effects)
        }
    }
}

extension ChannelTable.Channel {
    var isLeaving: Bool {
        if case .leaving = state { true } else { false }
    }
}
