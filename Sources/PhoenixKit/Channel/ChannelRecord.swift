/// What the keeper knows of one channel.
///
/// An object so that the driver changes it in place; only the driver has it.
final class ChannelRecord {
    /// What is being done about the channel.
    enum Phase {
        /// Nothing; it is here for its subscribers' sake.
        case closed
        /// To be joined as soon as there is a connection, or at the time of its timer.
        case wanted
        /// Its parameters are being made; the number tells this making from others.
        case preparing(UInt64)
        case joining(UInt64)
        case joined(UInt64)
        /// Left by the push of this reference.
        case leaving(UInt64)
    }

    let topic: Bytes
    let name: String
    var phase = Phase.closed
    /// The join or leave of the handles that was last taken in.
    var epoch: UInt64 = 0
    var parameters = ChannelParameters(source: .fixed([:]))
    /// The push of the user's `join`, until its end.
    var joinPush: Push?
    /// The push of a `leave` that has to wait: for a join that is on its way, or for room.
    var pendingLeave: Push?
    /// Whether it is to be joined again after that leave.
    var isRejoining = false
    /// Pushes that wait for the channel, the oldest first.
    var waiting: [Push] = []
    var backoff: Backoff
    var sinks: [Sink] = []

    init(_ topic: Bytes, rejoin: Backoff) {
        // It lives longer than the read that a topic may come from.
        self.topic = topic.compacted()
        name = topic.text
        backoff = rejoin
    }

    /// Whether it is to be joined, or is.
    var isWanted: Bool {
        switch phase {
        case .closed, .leaving: false
        case .wanted, .preparing, .joining, .joined: pendingLeave == nil || isRejoining
        }
    }

    func deliver(_ message: Message) {
        for sink in sinks where sink.wants(message.eventBytes) { sink.deliver(message) }
    }
}
