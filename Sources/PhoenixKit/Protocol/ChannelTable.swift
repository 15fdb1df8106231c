/// The channels of one client and everything it awaits from the server.
///
/// Sans-IO: it is told what happened and at what time, and answers with effects.
///
/// Channels exist only while connected. Each remembers the reference of its join, which the server echoes as `join_ref`
/// in all it sends for that join; what carries another one belongs to an older join and is dropped.
struct ChannelTable {
    /// One topic's channel.
    struct Channel {
        enum State: Equatable {
            case joining
            case joined
            /// Left by the push of this reference; the server has not closed the channel yet.
            case leaving(UInt64)
        }

        let joinReference: UInt64
        var state: State
        /// The references of this join's pushes, oldest first; those that ended are swept now and then.
        var pushes: [UInt64] = []
        var livePushes = 0
        /// Leaves of earlier joins of the topic that have not ended.
        ///
        /// The server may never answer them.
        var supersededLeaves: [UInt64] = []
    }

    /// What a reference stands for until it ends.
    struct Outstanding {
        enum Kind: Equatable {
            case join, leave, push
            /// A leave that the table sent of its own accord, after a join that timed out.
            ///
            /// Nobody is told of its end.
            case cleanup
        }

        let kind: Kind
        let topic: Bytes
        let joinReference: UInt64
    }

    /// The right to send one message, given after the checks and before the payload is encoded.
    struct Ticket: Equatable {
        let kind: Outstanding.Kind
        let topic: Bytes
        let reference: UInt64
        let joinReference: UInt64
    }

    let references: ReferenceSource
    /// How many references may be outstanding at a time.
    let outstandingLimit: Int

    private(set) var isConnected = false
    var channels: TopicMap<Channel> = [:]
    var outstanding: [UInt64: Outstanding] = [:]
    /// Leaves that were answered while the channel's close is still to come, with their topics.
    var answeredLeaves: [UInt64: Bytes] = [:]
    var deadlines = DeadlineQueue<UInt64>()

    init(references: ReferenceSource = ReferenceSource(), outstandingLimit: Int = 65_536) {
        self.references = references
        self.outstandingLimit = outstandingLimit
    }

    /// When `timeReached` wants to be called next.
    var nextDeadline: Timestamp? { deadlines.next }

    mutating func connected() {
        isConnected = true
    }

    /// The connection is gone: all joins are forgotten, and every reference ends, in the order in which they were given.
    mutating func disconnected(into effects: inout [ChannelEffect]) {
        isConnected = false
        let ended = outstanding.sorted { $0.key < $1.key }
        channels = [:]
        outstanding = [:]
        answeredLeaves = [:]
        deadlines.removeAll()
        for (reference, entry) in ended {
            report(entry, reference, .disconnected, into: &effects)
        }
    }

    func isJoined(_ topic: Bytes) -> Bool {
        channels[topic]?.state == .joined
    }

    /// Ends `reference` if it is outstanding, and says so.
    mutating func end(_ reference: UInt64, _ outcome: PushOutcome, into effects: inout [ChannelEffect]) {
        guard let entry = forget(reference) else { return }
        report(entry, reference, outcome, into: &effects)
    }

    /// Ends the pushes of a channel that is on its way out, oldest first.
    mutating func endPushes(of channel: Channel, _ outcome: PushOutcome, into effects: inout [ChannelEffect]) {
        for reference in channel.pushes {
            end(reference, outcome, into: &effects)
        }
    }

    /// Takes `reference` out of the books.
    mutating func forget(_ reference: UInt64) -> Outstanding? {
        guard let entry = outstanding.removeValue(forKey: reference) else { return nil }
        deadlines.forget()
        deadlines.compact { [outstanding, answeredLeaves] in outstanding[$0] != nil || answeredLeaves[$0] != nil }
        if entry.kind == .push { sweep(entry) }
        return entry
    }

    /// Keeps the list of a channel's pushes in proportion to those that are alive.
    private mutating func sweep(_ ended: Outstanding) {
        guard let position = channels.position(of: ended.topic),
            channels[at: position].joinReference == ended.joinReference
        else { return }
        channels[at: position].livePushes -= 1
        let count = channels[at: position].pushes.count
        if count > 16, count > 2 * channels[at: position].livePushes {
            channels[at: position].pushes.removeAll { [outstanding] in outstanding[$0] == nil }
        }
    }

    private func report(
        _ entry: Outstanding,
        _ reference: UInt64,
        _ outcome: PushOutcome,
        into effects: inout [ChannelEffect]
    ) {
        switch entry.kind {
        case .join: effects.append(.joinFailed(topic: entry.topic, reference: reference, outcome))
        case .leave, .push: effects.append(.ended(topic: entry.topic, reference: reference, outcome))
        case .cleanup: break
        }
    }
}
