/// A channel of a socket: one topic, joined once and kept joined.
///
///     let lobby = socket.channel("room:lobby", ["name": "ada"])
///     lobby.on("new_msg") { message in print(message.payload) }
///     try await lobby.join().response()
///     try lobby.push("new_msg", ["body": "hi"])
///
/// A value: two channels of one socket with the same topic are the same channel, and either may be used for it. After a lost connection, a
/// crash or a refused join it is joined again by itself, until it is left, closed by the server, or refused for good. A channel does not
/// keep its socket alive.
public struct PhoenixChannel: Sendable {
    /// The topic, such as `room:lobby`.
    public let topic: String
    let key: Bytes
    let hub: SocketHub
    let parameters: ChannelParameters

    init(_ topic: String, _ parameters: ChannelParameters, _ hub: SocketHub) {
        self.topic = topic
        self.parameters = parameters
        self.hub = hub
        key = Bytes(topic)
    }

    /// What the channel is about at this moment.
    public var state: ChannelState { hub.channelState(key) }

    // MARK: Joining

    /// Joins, and keeps the channel joined.
    ///
    /// It may be called without a connection; the join is sent when there is one. Pushes may follow at once. After a leave it may be joined
    /// again, also before the server has confirmed the leave.
    ///
    /// - Parameter timeout: how long until the returned push ends; also how long the server may take for each try. Nil for
    ///   `SocketConfiguration.joinTimeout`.
    /// - Returns: the end of the first try: the server's reply, or a timeout. The channel goes on trying all the same, unless the reason is
    ///   one of `Settings.permanentJoinErrors`. Whoever is told the end finds `state` to be what it led to.
    /// - Throws: `.alreadyJoined`; `.stopped` when the socket is over.
    @discardableResult
    public func join(timeout: Duration? = nil) throws(PhoenixError) -> Push {
        try hub.join(topic, parameters, timeout: timeout ?? hub.settings.client.joinTimeout)
    }

    /// Leaves; from here on nothing can be pushed, and nothing is joined again.
    ///
    /// - Returns: the end of the leave: the server's reply; `left` when the channel closed or the connection ended before there was one;
    ///   a timeout, after which the channel counts as left too.
    /// - Throws: `.notJoined`; `.encoding`; `.stopped` when the socket is over.
    @discardableResult
    public func leave(_ payload: PayloadContent = [:], timeout: Duration? = nil) throws(PhoenixError) -> Push {
        try hub.leave(topic, payload, timeout: timeout ?? hub.settings.client.pushTimeout)
    }

    // MARK: Pushing

    /// Pushes `event`, now or as soon as the channel is joined.
    ///
    /// The payload is encoded in the caller's task. While the channel is not joined the push waits, in order, until its timeout, within the
    /// bounds of `Settings.pushBufferCount` and `pushBufferBytes`.
    ///
    /// - Parameters:
    ///   - event: the event, such as `new_msg`.
    ///   - payload: a literal, `.encoding(value)` or `.binary(bytes)`.
    ///   - timeout: how long until the push ends. Nil for `SocketConfiguration.pushTimeout`.
    /// - Returns: the push, which ends exactly once.
    /// - Throws: `.notJoined` when the channel has not been joined, or has been left or closed; `.encoding`; `.limitExceeded`; `.bufferFull`;
    ///   `.stopped` when the socket is over.
    @discardableResult
    public func push(
        _ event: String,
        _ payload: PayloadContent = [:],
        timeout: Duration? = nil
    ) throws(PhoenixError) -> Push {
        try hub.push(topic, event, payload, timeout: timeout ?? hub.settings.client.pushTimeout)
    }

    /// Pushes `event` with `value` encoded as the payload: the same as `push` with `.encoding(value)`.
    @discardableResult
    public func push(
        _ event: String,
        encoding value: some Encodable & Sendable,
        timeout: Duration? = nil
    ) throws(PhoenixError) -> Push {
        try push(event, .encoding(value), timeout: timeout)
    }

    // MARK: Listening

    /// Calls `body` with every message of `event`, whichever join it comes by, until the subscription is cancelled.
    ///
    /// Who listens before the join misses nothing; later, what arrives before the socket has taken the subscription in is not delivered to it.
    /// On the driver a message is valid during the call only: keep `message.compacted()`.
    @discardableResult
    public func on(
        _ event: String,
        on scheduler: CallbackScheduler = .driver,
        buffer: EventBuffer = EventBuffer(),
        _ body: @escaping @Sendable (Message) -> Void
    ) -> Subscription {
        hub.listen(key, event: Bytes(event), on: scheduler, buffer: buffer, body)
    }

    /// Calls `body` with every message of the channel: the same as `on`, for all events.
    @discardableResult
    public func onMessage(
        on scheduler: CallbackScheduler = .driver,
        buffer: EventBuffer = EventBuffer(),
        _ body: @escaping @Sendable (Message) -> Void
    ) -> Subscription {
        hub.listen(key, event: nil, on: scheduler, buffer: buffer, body)
    }

    /// Calls `body` with every payload of `event`, decoded, or with the `.decoding` error of one that is something else.
    @discardableResult
    public func on<Value: Decodable & Sendable>(
        _ event: String,
        as type: Value.Type,
        on scheduler: CallbackScheduler = .driver,
        buffer: EventBuffer = EventBuffer(),
        _ body: @escaping @Sendable (Result<Value, PhoenixError>) -> Void
    ) -> Subscription {
        on(event, on: scheduler, buffer: buffer) { message in
            do throws(PhoenixError) {
                body(.success(try message.payload.decode(type)))
            } catch {
                body(.failure(error))
            }
        }
    }

    /// The messages of `event` from now on; ends when the channel is left or closed.
    ///
    /// Who makes it before the join misses nothing.
    public func events(_ event: String, buffer: EventBuffer = EventBuffer()) -> EventSequence<Message> {
        hub.sequence(key, event: Bytes(event), buffer: buffer)
    }

    /// The payloads of `event` from now on, decoded; ends when the channel is left or closed.
    public func events<Value: Decodable & Sendable>(
        _ event: String,
        as type: Value.Type,
        buffer: EventBuffer = EventBuffer()
    ) -> DecodedEvents<Value> {
        DecodedEvents(messages: events(event, buffer: buffer))
    }

    /// All messages of the channel from now on; ends when the channel is left or closed.
    public var messages: EventSequence<Message> { messages() }

    /// All messages of the channel from now on, with a buffer of your own; ends when the channel is left or closed.
    public func messages(buffer: EventBuffer = EventBuffer()) -> EventSequence<Message> {
        hub.sequence(key, event: nil, buffer: buffer)
    }

    /// The states of the channel, beginning with the present one; ends when the socket is over.
    ///
    /// Of states that nobody has read yet the oldest are dropped.
    public var states: EventSequence<ChannelState> {
        let queue = EventQueue<ChannelState>(EventBuffer(limit: 64))
        let (number, current) = hub.observe(key, { queue.add($0) }, finish: { queue.finish() })
        if let current { queue.add(current) } else { queue.finish() }
        return EventSequence(queue: queue, lease: EventSequence.Lease { [hub] in hub.unobserve(number) })
    }

    /// Calls `body` with every state of the channel from now on.
    @discardableResult
    public func onStateChange(
        on scheduler: CallbackScheduler = .driver,
        _ body: @escaping @Sendable (ChannelState) -> Void
    ) -> Subscription {
        let cancellation = Cancellation()
        let deliver = scheduler.inOrder(EventBuffer()) { state in if !cancellation.isCancelled { body(state) } }
        let (number, _) = hub.observe(key, deliver, finish: {})
        return Subscription(cancellation) { [hub] in hub.unobserve(number) }
    }
}

extension PhoenixChannel: Hashable {
    /// Whether both are the same channel of the same socket.
    public static func == (left: PhoenixChannel, right: PhoenixChannel) -> Bool {
        left.topic == right.topic && left.hub === right.hub
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(topic)
        hasher.combine(ObjectIdentifier(hub))
    }
}
