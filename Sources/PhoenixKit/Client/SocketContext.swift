public import Logging

/// The socket, as a handler's callback has it: what may be asked and done from there.
///
/// Valid during the callback only. What is sent in a callback leaves in the order of the calls.
public struct SocketContext<Handler: SocketHandler>: ~Copyable {
    @usableFromInline var core: SocketCore
    let mailbox: Mailbox<Handler>
    var delayed = DeadlineQueue<Handler.Info>()
    /// A message to the handler that can be moved and taken back, unlike those that `send` delays.
    var alarm: (info: Handler.Info, moment: Timestamp)?
    /// Set by the driver while a connection that measures it is open.
    var monitor: ConnectionMonitor?
    /// Opens a second connection to see whether a target works.
    let prove: @Sendable (ConnectionTarget) async -> ProbeOutcome

    /// Whether there is a connection.
    ///
    /// Joins and pushes throw `.disconnected` while there is none, and while a move closes it.
    public var isConnected: Bool { core.table.isConnected && !core.isClosing }

    /// Whether the server answered something on the present connection: a heartbeat, a join, a leave or a push.
    public var isProven: Bool { core.isProven }

    /// The present moment on the client's clock.
    public var now: Timestamp { core.configuration.clock.now }

    /// The number of the present or last connection, from 1; 0 before the first.
    public var generation: UInt64 { core.generation }

    /// The round trip of the last heartbeat that was answered on this connection.
    public var roundTrip: Duration? { monitor?.roundTrip }

    /// The client's logger, for the handler's own use.
    public var logger: Logger { core.configuration.logger }

    /// Whether `topic` is joined: the server said so, and nothing has ended it since.
    public func isJoined(_ topic: String) -> Bool {
        core.table.isJoined(Bytes(topic))
    }

    /// Joins `topic`.
    ///
    /// The end comes by `joined` or `joinFailed`. When no reply comes in time, the server is sent a leave, because it may
    /// have joined by then.
    ///
    /// - Parameters:
    ///   - topic: the topic, such as `room:lobby`.
    ///   - payload: what the channel's `join/3` gets.
    ///   - timeout: how long to wait for the reply; nil for `SocketConfiguration.joinTimeout`.
    /// - Returns: the reference of the join.
    /// - Throws: in this order `.disconnected`, `.alreadyJoined` (also while a join is on its way), `.bufferFull`,
    ///   `.encoding`, `.limitExceeded`.
    @discardableResult
    public mutating func join(
        _ topic: String,
        _ payload: PayloadContent = [:],
        timeout: Duration? = nil
    ) throws(PhoenixError) -> Reference {
        try core.request(
            .join,
            topic: topic,
            event: Message.Name.join,
            content: payload,
            timeout: timeout ?? core.configuration.joinTimeout
        )
    }

    /// Leaves `topic`.
    ///
    /// From here on it counts as not joined: pushes throw `.notJoined`, and it may be joined again.
    ///
    /// The end comes by `replied`, then `channelClosed` unless the topic has been joined again by then.
    ///
    /// - Returns: the reference of the leave.
    /// - Throws: in this order `.disconnected`, `.notJoined`, `.bufferFull`, `.encoding`, `.limitExceeded`.
    @discardableResult
    public mutating func leave(
        _ topic: String,
        _ payload: PayloadContent = [:],
        timeout: Duration? = nil
    ) throws(PhoenixError) -> Reference {
        try core.request(
            .leave,
            topic: topic,
            event: Message.Name.leave,
            content: payload,
            timeout: timeout ?? core.configuration.pushTimeout
        )
    }

    /// Pushes `event` to the channel of `topic`.
    ///
    /// The end comes by `replied`. That this returns says nothing about delivery.
    ///
    /// - Returns: the reference of the push.
    /// - Throws: in this order `.disconnected`, `.notJoined`, `.bufferFull`, `.encoding`, `.limitExceeded`.
    @discardableResult
    public mutating func push(
        _ topic: String,
        _ event: String,
        _ payload: PayloadContent = [:],
        timeout: Duration? = nil
    ) throws(PhoenixError) -> Reference {
        try core.request(
            .push,
            topic: topic,
            event: Bytes(event),
            content: payload,
            timeout: timeout ?? core.configuration.pushTimeout
        )
    }

    /// Pushes `event` with `value` encoded as the payload.
    ///
    /// The same as `push` with `.encoding(value)`.
    @discardableResult
    public mutating func push(
        _ topic: String,
        _ event: String,
        encoding value: some Encodable & Sendable,
        timeout: Duration? = nil
    ) throws(PhoenixError) -> Reference {
        try push(topic, event, .encoding(value), timeout: timeout)
    }

    /// Sends a heartbeat at once.
    ///
    /// The answer comes by `heartbeatAnswered`, on every transport. On a transport that needs heartbeats this one counts as
    /// one of them: silence after it kills the connection, and the next is due an interval later. Of pings that wait
    /// for an answer, the last 16 are measured.
    ///
    /// - Returns: the reference of the heartbeat.
    /// - Throws: in this order `.disconnected`, `.encoding`, `.bufferFull`.
    @discardableResult
    public mutating func ping() throws(PhoenixError) -> Reference {
        let reference = try core.ping()
        monitor?.pinged(reference)
        return Reference(reference)
    }

    /// Finds out, beside the present connection, whether messages get through to `target`, and sends this handler what
    /// `info` makes of the outcome.
    ///
    /// A second connection is opened as the client's own are, by the same transports, settings and deadlines. It joins nothing: one
    /// heartbeat is sent, its answer awaited for `SocketConfiguration.heartbeatTimeout`, and the connection closed. Cancelled
    /// when the client stops. Where `SocketConfiguration.mailboxLimit` pieces of work run, the outcome is a failure.
    public mutating func probe(
        _ target: ConnectionTarget,
        _ info: @escaping @Sendable (ProbeOutcome) -> Handler.Info
    ) {
        do throws(PhoenixError) {
            try perform { [prove] in info(await prove(target)) }
        } catch {
            mailbox.post(.info(info(.failed(.failedToConnect(error)))))
        }
    }

    /// Closes the connection after what was sent so far, or gives up the attempt to open one.
    ///
    /// `disconnected` follows, and decides whether to connect again. Without a connection and an attempt this does nothing.
    public mutating func disconnect(code: UInt16 = 1000, reason: String = "") {
        core.closeRequested = core.closeRequested ?? (code, reason)
    }

    /// Sends `info` to this handler after `delay`.
    ///
    /// - Throws: `.bufferFull` when `SocketConfiguration.mailboxLimit` infos are on their way.
    public mutating func send(_ info: Handler.Info, after delay: Duration = .zero) throws(PhoenixError) {
        guard delay > .zero else { return try mailbox.send(.info(info)) }
        try sendDelayed(info, at: core.configuration.clock.now + delay)
    }

    /// Runs `work` beside the handler and sends it what `work` returns.
    ///
    /// Cancelled when the client stops.
    ///
    /// - Throws: `.bufferFull` when `SocketConfiguration.mailboxLimit` pieces of work run.
    public mutating func perform(_ work: @escaping @Sendable () async -> Handler.Info) throws(PhoenixError) {
        try mailbox.perform(work)
    }

    mutating func sendDelayed(_ info: Handler.Info, at moment: Timestamp) throws(PhoenixError) {
        let limit = core.configuration.mailboxLimit
        guard delayed.count < limit else {
            throw PhoenixError(.bufferFull, "Expected at most \(limit) delayed messages, got one more.")
        }
        delayed.add(info, at: moment)
    }
}
