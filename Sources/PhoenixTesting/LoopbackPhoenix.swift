public import PhoenixKit
internal import Synchronization

/// Plays Phoenix at the server's end of a loopback connection, message by message, for tests of an app without a server.
///
///     let transport = LoopbackTransport()
///     let client = SocketClient(MyHandler(), transport: transport, serializer: JSONSerializer.v2)
///     client.start()
///     let phoenix = try await transport.accept(speaking: JSONSerializer.v2)
///     try await phoenix.acceptJoin("room:1", ["welcome": true])
///     try phoenix.push("news", on: "room:1", ["body": "hello"])
///     let push = try await phoenix.expect("echo", on: "room:1")
///     try phoenix.reply(to: push, .payload(push.payload))
///     try phoenix.crash("room:1")
///
/// It remembers which topics are joined, and names their joins in what it sends as Phoenix does. Heartbeats are answered
/// wherever messages are awaited. Every wait has a timeout, on a clock of its own: the client's may stand still.
public final class LoopbackPhoenix: Sendable {
    /// The connection: its request, and frames as they are.
    public let connection: LoopbackServer
    /// What is spoken, in the server's role.
    public let serializer: any Serializer

    private let clock: any PhoenixClock
    /// The references of the joins, by topic.
    private let joins = Mutex<[Bytes: Reference]>([:])

    /// Speaks Phoenix on `connection`, and measures timeouts on `clock`.
    public init(
        _ connection: LoopbackServer,
        speaking serializer: some Serializer,
        clock: any PhoenixClock = SystemClock()
    ) {
        self.connection = connection
        self.serializer = serializer
        self.clock = clock
    }

    // MARK: What the client sends

    /// The next message of the client that is no heartbeat.
    ///
    /// - Throws: `.timeout`; `.disconnected` when the connection is over; `.decoding`; `.stopped` when the task was cancelled.
    public func receive(timeout: Duration = .seconds(5)) async throws(PhoenixError) -> Message {
        let deadline = clock.now + timeout
        while true {
            let frame = try await nextFrame(until: deadline, timeout)
            let message: Message
            do {
                message = try serializer.decode(frame, as: .server)
            } catch {
                throw PhoenixError(
                    .decoding,
                    "Expected a message in \(serializer.name) \(serializer.version), got a frame that is none: \(error).",
                    cause: error
                )
            }
            guard message.topicBytes == Message.Name.phoenix, message.eventBytes == Message.Name.heartbeat else {
                return message
            }
            try reply(to: message)
        }
    }

    /// The next message of the client, which must be `event` on `topic`.
    ///
    /// - Throws: as `receive`; `.transportProtocol` when it is another message.
    public func expect(
        _ event: String,
        on topic: String,
        timeout: Duration = .seconds(5)
    ) async throws(PhoenixError) -> Message {
        let message = try await receive(timeout: timeout)
        guard message.event == event, message.topic == topic else {
            throw PhoenixError(
                .transportProtocol,
                "Expected \(event) on \(topic) from the client, got \(message.event) on \(message.topic)."
            )
        }
        return message
    }

    /// The next message of the client, which must be the join of `topic`.
    ///
    /// Throws as `expect`.
    public func expectJoin(_ topic: String, timeout: Duration = .seconds(5)) async throws(PhoenixError) -> Message {
        try await expect("phx_join", on: topic, timeout: timeout)
    }

    /// Awaits the join of `topic` and accepts it with `response`.
    ///
    /// Throws as `expect` and `reply`.
    @discardableResult
    public func acceptJoin(
        _ topic: String,
        _ response: PayloadContent = [:],
        timeout: Duration = .seconds(5)
    ) async throws(PhoenixError) -> Message {
        let join = try await expectJoin(topic, timeout: timeout)
        try reply(to: join, response)
        return join
    }

    /// Awaits the leave of `topic`, replies and closes the channel, as Phoenix does.
    ///
    /// Throws as `expect` and `reply`.
    @discardableResult
    public func acceptLeave(_ topic: String, timeout: Duration = .seconds(5)) async throws(PhoenixError) -> Message {
        let leave = try await expect("phx_leave", on: topic, timeout: timeout)
        try reply(to: leave)
        try close(topic)
        return leave
    }

    // MARK: What the server sends

    /// Replies to `message`; a join is accepted by the status `ok`.
    ///
    /// - Throws: `.encoding`.
    public func reply(
        to message: Message,
        status: String = "ok",
        _ response: PayloadContent = [:]
    ) throws(PhoenixError) {
        if message.eventBytes == Message.Name.join, status == "ok" {
            joins.withLock { $0[message.topicBytes] = message.joinReference ?? message.reference }
        }
        try send(
            Message(
                joinReference: message.joinReference,
                reference: message.reference,
                topicBytes: message.topicBytes,
                eventBytes: Message.Name.reply,
                status: status,
                payload: try response.encode(in: serializer.payloadFormat)
            )
        )
    }

    /// Pushes an event to the channel of `topic`.
    ///
    /// - Throws: `.notJoined`, `.encoding`.
    public func push(_ event: String, on topic: String, _ payload: PayloadContent = [:]) throws(PhoenixError) {
        try send(event, topic, join: try joinReference(of: topic), reference: nil, payload)
    }

    /// Broadcasts an event on `topic`: the message names no join, and goes out whether the topic is joined or not.
    ///
    /// - Throws: `.encoding`.
    public func broadcast(_ event: String, on topic: String, _ payload: PayloadContent = [:]) throws(PhoenixError) {
        try send(event, topic, join: nil, reference: nil, payload)
    }

    /// Closes the channel of `topic` (`phx_close`).
    ///
    /// - Throws: `.notJoined`, `.encoding`.
    public func close(_ topic: String) throws(PhoenixError) {
        try end(topic, "phx_close", [:])
    }

    /// Lets the channel of `topic` crash (`phx_error`).
    ///
    /// - Throws: `.notJoined`, `.encoding`.
    public func crash(_ topic: String) throws(PhoenixError) {
        try end(topic, "phx_error", ["reason": "channel_crash"])
    }

    /// Sends a message as it is, whatever is joined.
    ///
    /// - Throws: `.encoding`.
    public func send(_ message: Message) throws(PhoenixError) {
        let frame: Frame
        do {
            frame = try serializer.encode(message, as: .server)
        } catch {
            throw PhoenixError(
                .encoding,
                "Expected a message that \(serializer.name) \(serializer.version) can say, got one that it cannot: \(error).",
                cause: error
            )
        }
        connection.send(frame)
    }

    // MARK: Inside

    private func end(_ topic: String, _ event: String, _ payload: PayloadContent) throws(PhoenixError) {
        let join = try joinReference(of: topic)
        joins.withLock { $0[Bytes(topic)] = nil }
        // The join is named twice: V1 knows only `ref` (Phoenix.Socket, encode_close).
        try send(event, topic, join: join, reference: join, payload)
    }

    private func send(
        _ event: String,
        _ topic: String,
        join: Reference?,
        reference: Reference?,
        _ payload: PayloadContent
    ) throws(PhoenixError) {
        try send(
            Message(
                joinReference: join,
                reference: reference,
                topic: topic,
                event: event,
                payload: try payload.encode(in: serializer.payloadFormat)
            )
        )
    }

    private func joinReference(of topic: String) throws(PhoenixError) -> Reference {
        guard let reference = joins.withLock({ $0[Bytes(topic)] }) else {
            throw PhoenixError(
                .notJoined,
                "Expected a topic whose join was accepted, got \(topic). Call acceptJoin first."
            )
        }
        return reference
    }

    private enum Arrival: Sendable {
        case frame(Frame)
        case over, late
    }

    private func nextFrame(until deadline: Timestamp, _ timeout: Duration) async throws(PhoenixError) -> Frame {
        let arrival = await withTaskGroup(of: Arrival.self) { [connection, clock] group in
            group.addTask { await connection.receive().map { .frame($0) } ?? .over }
            group.addTask { (try? await clock.sleep(until: deadline)) == nil ? .over : .late }
            defer { group.cancelAll() }
            return await group.next() ?? .over
        }
        switch arrival {
        case .frame(let frame): return frame
        case .late: throw PhoenixError(.timeout, "Expected a message of the client within \(timeout), got none.")
        case .over where Task.isCancelled:
            throw PhoenixError(.stopped, "The task that waited was cancelled.", cause: CancellationError())
        case .over: throw PhoenixError(.disconnected, "Expected a message of the client, but the connection is over.")
        }
    }
}

extension LoopbackTransport {
    /// The next connection a client opens, or one that waits already, with Phoenix at its other end.
    ///
    /// - Throws: `.timeout` when none was opened within `timeout`, measured on `clock`; `.stopped` when the task was cancelled.
    public func accept(
        speaking serializer: some Serializer,
        timeout: Duration = .seconds(5),
        clock: any PhoenixClock = SystemClock()
    ) async throws(PhoenixError) -> LoopbackPhoenix {
        let connection = try await accept(within: timeout, on: clock)
        return LoopbackPhoenix(connection, speaking: serializer, clock: clock)
    }
}
