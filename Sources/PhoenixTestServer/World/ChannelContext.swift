public import PhoenixKit

/// What a channel's handler works with: the channel it runs in.
///
/// Valid only during the call it was given to. What is pushed and broadcast is sent in the order of the calls, a handler's
/// reply after it.
public struct ChannelContext {
    let world: World
    let channel: ChannelState
    let isJoining: Bool

    /// The channel's topic.
    public var topic: String { channel.topic.text }

    /// The reference of the join.
    public var joinReference: Reference? { channel.joinReference }

    /// What the client asked for when it connected.
    public var request: ConnectRequest { channel.socket.request }

    /// The id that `onConnect` gave the socket.
    public var socketID: String? { channel.socket.id }

    /// The number of the connection, as in the journal.
    public var connection: UInt64 { channel.socket.number }

    /// What the channel keeps from one handler to the next.
    ///
    /// Starts as what `onConnect` gave the socket.
    public var assigns: [String: any Sendable] {
        get { channel.assigns }
        nonmutating set { channel.assigns = newValue }
    }

    /// Sends an event to this channel's client.
    ///
    /// - Throws: `PhoenixError` with `.encoding` when the client's serializer cannot say it (binary data under V1), and
    ///   with `.notJoined` before the join has been answered: use `after(.zero)` there.
    public func push(_ event: String, _ content: PayloadContent) throws {
        try requireJoined("push")
        try world.push(event, content, from: channel)
    }

    /// Sends an event to all channels of this topic, this one included.
    ///
    /// Throws as `push`.
    public func broadcast(_ event: String, _ content: PayloadContent) throws {
        try requireJoined("broadcast")
        try world.broadcast(channel.topic, event, content)
    }

    /// Sends an event to all other channels of this topic.
    ///
    /// Throws as `push`.
    public func broadcastFrom(_ event: String, _ content: PayloadContent) throws {
        try requireJoined("broadcast")
        try world.broadcast(channel.topic, event, content, except: channel)
    }

    /// Runs `step` in this channel after `delay`, or, for `.zero`, as soon as everything under way is done.
    ///
    /// It does not run when the channel has ended by then.
    public func after(_ delay: Duration, _ step: @escaping ChannelRoute.Step) {
        if delay > .zero {
            world.schedule(.step(channel, step), after: delay)
        } else if channel.isBusy {
            channel.queue.append(.step(step))
        } else {
            world.enqueue(.step(step), for: channel)
        }
    }

    /// What answers the message at hand later, from any thread.
    ///
    /// Outside of an event handler it answers nothing.
    public func replyToken() -> ReplyToken {
        ReplyToken(
            gate: world.gate,
            connection: channel.socket.number,
            format: channel.socket.serializer.payloadFormat,
            reply: World.Reply(
                joinReference: channel.joinReference,
                reference: channel.current?.reference,
                topic: channel.topic,
                status: "ok"
            )
        )
    }

    /// The presences of this topic.
    public var presence: PresenceTracker { PresenceTracker(world: world, channel: channel) }

    /// What can be done to the server as a whole.
    public var server: ServerControl { ServerControl(world: world) }

    /// Kills the transport of this channel's socket: the connection drops without a close frame.
    public func killTransport() {
        world.mail(.end(code: nil), to: channel.socket)
    }

    /// Drains this channel's socket: it is closed with 1012.
    public func drainSocket() {
        world.mail(.end(code: 1012), to: channel.socket)
    }

    /// Closes this channel's socket with 1001, as the "disconnect" broadcast does.
    public func disconnectSocket() {
        world.mail(.end(code: 1001), to: channel.socket)
    }

    private func requireJoined(_ action: String) throws(PhoenixError) {
        guard !isJoining else {
            throw PhoenixError(
                .notJoined,
                "Expected a \(action) after the join, got one within it. Do it in after(.zero) { context in … }."
            )
        }
    }
}
