public import PhoenixKit

/// Which messages a fault is meant for.
public struct MessageMatch: Sendable {
    private let pattern: TopicPattern
    private let event: Bytes?
    private let status: String?
    private let connection: UInt64?
    private let condition: (@Sendable (Message) -> Bool)?

    /// Creates a match; what is left out fits everything.
    ///
    /// - Parameters:
    ///   - topic: a topic, or the beginning of topics with a `*` behind it.
    ///   - event: the event.
    ///   - status: the status of a reply.
    ///   - connection: the number of the connection, from 1 in the order in which clients connected.
    ///   - condition: anything else. Called on the server's event loop.
    public init(
        topic: String = "*",
        event: String? = nil,
        status: String? = nil,
        connection: UInt64? = nil,
        where condition: (@Sendable (Message) -> Bool)? = nil
    ) {
        pattern = TopicPattern(topic)
        self.event = event.map { Bytes($0) }
        self.status = status
        self.connection = connection
        self.condition = condition
    }

    /// Every message.
    public static let any = MessageMatch()
    /// Heartbeats of clients.
    public static let heartbeat = MessageMatch(topic: "phoenix", event: "heartbeat")

    /// Joins of a topic.
    public static func join(_ topic: String = "*") -> MessageMatch { MessageMatch(topic: topic, event: "phx_join") }

    /// Leaves of a topic.
    public static func leave(_ topic: String = "*") -> MessageMatch { MessageMatch(topic: topic, event: "phx_leave") }

    /// Replies on a topic.
    public static func reply(_ topic: String = "*", status: String? = nil) -> MessageMatch {
        MessageMatch(topic: topic, event: "phx_reply", status: status)
    }

    func matches(_ message: Message, connection: UInt64) -> Bool {
        pattern.matches(message.topicBytes) && (event == nil || event == message.eventBytes)
            && (status == nil || status == message.status)
            && (self.connection == nil || self.connection == connection) && (condition?(message) ?? true)
    }
}
