extension ChannelTable {
    /// Takes in one message of the present connection and says where it goes.
    mutating func received(_ message: Message, into effects: inout [ChannelEffect]) -> Route {
        switch message.eventBytes {
        case Message.Name.reply: replyReceived(message, into: &effects)
        case Message.Name.close: closeReceived(message, .closed, into: &effects)
        case Message.Name.error: closeReceived(message, .crashed, into: &effects)
        default: route(message)
        }
    }

    /// Whether `message` is of the user's own and for the handler, so that `received` would answer `deliver` and change nothing.
    func delivers(_ message: borrowing Message) -> Bool {
        // The protocol's own events are of one length.
        if message.eventBytes.count == Message.Name.reply.count {
            switch message.eventBytes {
            case Message.Name.reply, Message.Name.close, Message.Name.error: return false
            default: break
            }
        }
        return route(message) == .deliver
    }

    /// A message of the user's own: for the present join, or a broadcast, which names none.
    private func route(_ message: borrowing Message) -> Route {
        guard let position = channels.position(of: message.topicBytes) else { return .drop(.notJoined) }
        let (state, joinReference) = (channels[at: position].state, channels[at: position].joinReference)
        switch (state, message.joinReference.map { $0.number == joinReference }) {
        case (_, false): return .drop(.stale)
        case (.joined, _): return .deliver
        // A broadcast that comes before the reply to the join was meant for an earlier join of the topic.
        case (.joining, nil): return .drop(.notJoined)
        case (.joining, _): return .deliver
        case (.leaving, _): return .drop(.left)
        }
    }

    /// A reply is matched by its `ref` alone, because the server leaves out the `join_ref` of replies that say "unmatched
    /// topic" (hazard B8); a `join_ref` that is there must fit, though (B1, B6).
    private mutating func replyReceived(_ message: Message, into effects: inout [ChannelEffect]) -> Route {
        guard let reference = message.reference?.number else { return .drop(.unknownReference) }
        if message.topicBytes == Message.Name.phoenix { return .heartbeat(reference) }
        guard let entry = outstanding[reference], entry.topic == message.topicBytes else {
            return .drop(.unknownReference)
        }
        if let joinReference = message.joinReference, joinReference.number != entry.joinReference {
            return .drop(.stale)
        }
        let status = message.status ?? ""
        let outcome = PushOutcome.reply(status: status, response: message.payload)
        switch entry.kind {
        case .join: joinAnswered(entry, reference, outcome, message.payload, isOK: status == "ok", into: &effects)
        case .leave: leaveAnswered(entry, reference, outcome, into: &effects)
        case .push, .cleanup: end(reference, outcome, into: &effects)
        }
        return .handled
    }

    private mutating func joinAnswered(
        _ entry: Outstanding,
        _ reference: UInt64,
        _ outcome: PushOutcome,
        _ response: Payload,
        isOK: Bool,
        into effects: inout [ChannelEffect]
    ) {
        if let channel = channels[entry.topic] {
            endSupersededLeaves(of: channel, into: &effects)
            channels[entry.topic]?.supersededLeaves = []
        }
        guard isOK else {
            channels[entry.topic] = nil
            end(reference, outcome, into: &effects)
            return
        }
        _ = forget(reference)
        channels[entry.topic]?.state = .joined
        effects.append(.joined(topic: entry.topic, reference: reference, response: response))
    }

    /// The server works on the messages of a channel in order: what it has not answered before the leave it never will.
    private mutating func leaveAnswered(
        _ entry: Outstanding,
        _ reference: UInt64,
        _ outcome: PushOutcome,
        into effects: inout [ChannelEffect]
    ) {
        if let channel = channels[entry.topic], channel.state == .leaving(reference) {
            endPushes(of: channel, .left, into: &effects)
            // The close follows; should it not, the leave's deadline closes the channel.
            answeredLeaves[reference] = entry.topic
        }
        end(reference, outcome, into: &effects)
    }

    /// `phx_close` and `phx_error` name the join they end: in V2 by `join_ref`, in V1, which has none, by `ref`.
    private mutating func closeReceived(
        _ message: Message,
        _ kind: ChannelClosure.Kind,
        into effects: inout [ChannelEffect]
    ) -> Route {
        guard let channel = channels[message.topicBytes] else { return .drop(.notJoined) }
        let named = message.joinReference ?? message.reference
        if let named, named.number != channel.joinReference {
            return endSupersededLeave(of: channel, on: message.topicBytes, joinedBy: named, into: &effects)
        }
        let topic = message.topicBytes
        switch channel.state {
        case .joining:
            // Without a name it is an older join that closes; this one will be answered.
            guard named != nil else { return .drop(.stale) }
            channels[topic] = nil
            endSupersededLeaves(of: channel, into: &effects)
            end(channel.joinReference, .channelClosed, into: &effects)
            return .handled
        case .joined:
            channels[topic] = nil
            endPushes(of: channel, .channelClosed, into: &effects)
        case .leaving(let leave):
            channels[topic] = nil
            endPushes(of: channel, .left, into: &effects)
            end(leave, .left, into: &effects)
            if answeredLeaves.removeValue(forKey: leave) != nil { deadlines.forget() }
        }
        endSupersededLeaves(of: channel, into: &effects)
        effects.append(
            .closed(
                topic: topic,
                joinReference: channel.joinReference,
                channel.isLeaving && kind == .closed ? .left : kind,
                message.payload
            )
        )
        return .handled
    }

    /// The close of an earlier join: it may be what a leave of that join was waiting for, and is no news otherwise (hazards B2, B3).
    private mutating func endSupersededLeave(
        of channel: Channel,
        on topic: Bytes,
        joinedBy named: Reference,
        into effects: inout [ChannelEffect]
    ) -> Route {
        let leave = channel.supersededLeaves.first { outstanding[$0]?.joinReference == named.number }
        guard let leave else { return .drop(.stale) }
        end(leave, .left, into: &effects)
        channels[topic]?.supersededLeaves.removeAll { $0 == leave }
        return .handled
    }
}
