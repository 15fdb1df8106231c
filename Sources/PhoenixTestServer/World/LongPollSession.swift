internal import PhoenixKit

/// What a long-poll session has beyond its socket (Phoenix.Transports.LongPoll.Server).
final class LongPollSession {
    let name: [UInt8]
    /// A session ends that is not polled for this long, looked at as often.
    let lifetime: Duration

    /// What waits for a poll.
    var messages = Queue<(frame: Frame, message: Message?)>()
    /// How many bytes these have.
    var bytes = 0
    /// The request that gets the next messages, whether or not its client still waits for them.
    var poll: UInt64?
    var lastPoll: Timestamp
    /// The request whose message is being handled.
    var handling: UInt64?

    init(name: [UInt8], lifetime: Duration, at now: Timestamp) {
        self.name = name
        self.lifetime = lifetime
        lastPoll = now
    }
}
