/// One Phoenix message: `join_ref`, `ref`, `topic`, `event` and payload.
///
/// Topic and event are kept as the UTF-8 they arrived as and become a `String` only when asked for. A message
/// received shares the storage of the read it came with: store `compacted()` if it is to live long.
public struct Message: Sendable, Hashable {
    /// The reference of the join this message belongs to; nil for broadcasts, heartbeats and everything under V1.
    public var joinReference: Reference?
    /// The message's own reference; nil for what expects no reply.
    public var reference: Reference?
    /// The topic's UTF-8.
    public var topicBytes: Bytes
    /// The event's UTF-8.
    public var eventBytes: Bytes
    /// The status of a `phx_reply` (any string; Phoenix's own are `ok` and `error`), nil for all other events.
    ///
    /// Where it is set, `payload` is the reply's `response`.
    public var status: String?
    /// The payload, or the `response` of a reply.
    public var payload: Payload

    /// Creates a message from UTF-8 that is at hand already, as serializers do.
    @inlinable
    public init(
        joinReference: Reference?,
        reference: Reference?,
        topicBytes: Bytes,
        eventBytes: Bytes,
        status: String? = nil,
        payload: Payload
    ) {
        self.joinReference = joinReference
        self.reference = reference
        self.topicBytes = topicBytes
        self.eventBytes = eventBytes
        self.status = status
        self.payload = payload
    }

    /// Creates a message.
    @inlinable
    public init(
        joinReference: Reference? = nil,
        reference: Reference? = nil,
        topic: String,
        event: String,
        status: String? = nil,
        payload: Payload
    ) {
        self.init(
            joinReference: joinReference,
            reference: reference,
            topicBytes: Bytes(topic),
            eventBytes: Bytes(event),
            status: status,
            payload: payload
        )
    }

    /// The topic.
    @inlinable public var topic: String { topicBytes.text }

    /// The event.
    @inlinable public var event: String { eventBytes.text }

    /// The same message in storage of its own, independent of the read it came with.
    ///
    /// Parts that lie close together, as those of one frame do, share it.
    public func compacted() -> Message {
        let lower = min(topicBytes.lower, eventBytes.lower, payload.bytes.lower)
        let upper = max(topicBytes.upper, eventBytes.upper, payload.bytes.upper)
        // Between the parts of a frame there are a few bytes of its syntax.
        let limit = topicBytes.count + eventBytes.count + payload.bytes.count + 32
        guard upper - lower <= limit, topicBytes.sharesStorage(with: eventBytes),
            topicBytes.sharesStorage(with: payload.bytes)
        else {
            return Message(
                joinReference: joinReference,
                reference: reference,
                topicBytes: topicBytes.compacted(),
                eventBytes: eventBytes.compacted(),
                status: status,
                payload: payload.compacted()
            )
        }
        guard upper - lower < topicBytes.storage.count else { return self }
        let shared = topicBytes.storage.withUnsafeBufferPointer {
            Array(UnsafeBufferPointer(rebasing: $0[lower..<upper]))
        }
        func own(_ part: Bytes) -> Bytes { Bytes(unchecked: shared, from: part.lower - lower, to: part.upper - lower) }
        return Message(
            joinReference: joinReference,
            reference: reference,
            topicBytes: own(topicBytes),
            eventBytes: own(eventBytes),
            status: status,
            payload: payload.replacing(own(payload.bytes))
        )
    }
}

extension Message {
    /// The names that the protocol itself gives to events and topics (Phoenix.Socket, Phoenix.Channel.Server).
    public enum Name {
        /// The event that joins a channel.
        public static let join = Bytes("phx_join")
        /// The event that leaves one.
        public static let leave = Bytes("phx_leave")
        /// The event of replies.
        public static let reply = Bytes("phx_reply")
        /// The event that says that a channel has closed.
        public static let close = Bytes("phx_close")
        /// The event that says that a channel has crashed.
        public static let error = Bytes("phx_error")
        /// The event of heartbeats.
        public static let heartbeat = Bytes("heartbeat")
        /// The topic of heartbeats.
        public static let phoenix = Bytes("phoenix")
    }
}
