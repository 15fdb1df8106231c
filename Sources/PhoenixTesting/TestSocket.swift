public import PhoenixKit

/// A client whose every step waits for its outcome: the `TestSocket` of phoenix_gen_socket_client, for tests of a server.
///
///     let socket = try TestSocket(
///         "ws://localhost:4000/socket/websocket", ["token": "s3cret"],
///         transport: WebSocketTransport(), serializer: JSONSerializer.v2
///     )
///     let status = try await socket.waitConnectStatus()     // .connected
///     try await socket.join("room:1", ["as": "ada"])
///     let (state, response) = try await socket.pushSync("room:1", "sum", [1, 2])
///     let message = try await socket.awaitMessage()
///     try await socket.leave("room:1")
///
/// Like every client it decides nothing: it neither reconnects nor rejoins. Every call is bounded by a timeout on the clock of
/// its configuration and ends exactly once. What nobody has taken yet is kept up to a bound (`queueLimit` of each kind), at
/// which the oldest goes; `droppedCount` counts those. The connection closes when the socket is stopped or let go.
public final class TestSocket: Sendable {
    /// Where the socket stands with the server.
    public enum ConnectStatus: Sendable {
        /// There is a connection.
        case connected
        /// There is none, for this reason.
        case disconnected(DisconnectReason)
    }

    private typealias Client = SocketClient<TestSocketHandler, AnyTransport, AnySerializer>

    private let client: Client
    private let inbox: TestSocketInbox

    private init(_ inbox: TestSocketInbox, _ client: Client) {
        self.inbox = inbox
        self.client = client
        client.start()
    }

    /// Creates a socket over one transport and one serializer, and connects unless told not to.
    ///
    /// - Parameters:
    ///   - endpoint: the URL, with the transport's suffix.
    ///   - parameters: what the server's `connect/3` gets.
    ///   - connects: whether to connect at once; `connect()` does it later.
    ///   - transport: how to get there.
    ///   - serializer: what to speak.
    ///   - configuration: the client's settings, its clock among them.
    ///   - queueLimit: how many messages, closes, replies and states are kept, each.
    /// - Throws: `.invalidURL`.
    public convenience init(
        _ endpoint: String,
        _ parameters: Parameters = [:],
        connects: Bool = true,
        transport: some Transport,
        serializer: some Serializer,
        configuration: SocketConfiguration = SocketConfiguration(),
        queueLimit: Int = 1_024
    ) throws(PhoenixError) {
        let target = try ConnectionTarget(endpoint, parameters)
        let inbox = TestSocketInbox(limit: queueLimit, clock: configuration.clock)
        let client = Client(
            TestSocketHandler(beginning: connects ? .connect(target) : .noConnect(target), inbox: inbox),
            transport: AnyTransport(transport),
            serializer: AnySerializer(serializer),
            configuration: configuration
        )
        self.init(inbox, client)
    }

    /// Creates a socket whose transport and serializer the registry resolves, and connects unless told not to.
    ///
    /// The other parameters and the error are those of `init(_:_:connects:transport:serializer:configuration:queueLimit:)`.
    public convenience init(
        _ endpoint: String,
        _ parameters: Parameters = [:],
        connects: Bool = true,
        registry: PluginRegistry,
        options: ConnectionOptions = [:],
        configuration: SocketConfiguration = SocketConfiguration(),
        queueLimit: Int = 1_024
    ) throws(PhoenixError) {
        let target = try ConnectionTarget(endpoint, parameters)
        let inbox = TestSocketInbox(limit: queueLimit, clock: configuration.clock)
        let client = Client(
            TestSocketHandler(beginning: connects ? .connect(target) : .noConnect(target), inbox: inbox),
            registry: registry,
            options: options,
            configuration: configuration
        )
        self.init(inbox, client)
    }

    /// How many messages, closes, replies and states went because they were not taken in time.
    public var droppedCount: Int {
        inbox.statuses.dropped + inbox.messages.dropped + inbox.closures.dropped + inbox.replies.dropped
    }

    // MARK: The connection

    /// Connects to the present target; what comes of it is told by `waitConnectStatus`.
    ///
    /// - Throws: `.stopped`.
    public func connect() async throws(TestSocketError) {
        try await request(.connect(nil), .seconds(5))
    }

    /// Connects to another target, which becomes the present one.
    ///
    /// - Throws: `.other` with `.invalidURL`, `.stopped`.
    public func connect(to endpoint: String, _ parameters: Parameters = [:]) async throws(TestSocketError) {
        let target: ConnectionTarget
        do throws(PhoenixError) {
            target = try ConnectionTarget(endpoint, parameters)
        } catch {
            throw TestSocketError(error)
        }
        try await request(.connect(target), .seconds(5))
    }

    /// Closes the connection; `waitConnectStatus` tells when it is gone.
    ///
    /// - Throws: `.stopped`.
    public func disconnect() async throws(TestSocketError) {
        try await request(.disconnect, .seconds(5))
    }

    /// The next time the connection opens, or fails to open, or ends; each is told once, in order.
    ///
    /// - Throws: `.timeout`, `.stopped`.
    public func waitConnectStatus(timeout: Duration = .seconds(5)) async throws(TestSocketError) -> ConnectStatus {
        try await take(from: inbox.statuses, timeout)
    }

    /// Stops the socket for good: the connection closes, and everything that waits ends with `.stopped`.
    public func stop() {
        client.stop()
    }

    // MARK: Channels

    /// Joins `topic` and waits for the server's answer.
    ///
    /// - Returns: the topic, the reference of the join and the server's response.
    /// - Throws: `.disconnected`, `.alreadyJoined`, `.serverRejected`, `.timeout`, `.channelClosed`, `.encoding`, `.stopped`.
    @discardableResult
    public func join(
        _ topic: String,
        _ payload: PayloadContent = [:],
        timeout: Duration = .seconds(5)
    ) async throws(TestSocketError) -> Joined {
        let response = try await request(.join(topic, payload, timeout), timeout)
        guard case .joined(let joined) = response else { throw unexpected }
        return joined
    }

    /// Leaves `topic` and waits for the server's answer, then for the close of the channel.
    ///
    /// That close is not told by `awaitChannelClosed`.
    ///
    /// - Returns: the server's response; empty binary data when it closed the channel without one.
    /// - Throws: `.disconnected`, `.notJoined`, `.serverRejected`, `.timeout`, `.encoding`, `.stopped`.
    @discardableResult
    public func leave(
        _ topic: String,
        _ payload: PayloadContent = [:],
        timeout: Duration = .seconds(5)
    ) async throws(TestSocketError) -> Payload {
        let response = try await request(.leave(topic, payload, timeout), timeout)
        guard case .left(let payload) = response else { throw unexpected }
        return payload
    }

    /// Whether `topic` is joined.
    ///
    /// - Throws: `.stopped`.
    public func isJoined(_ topic: String) async throws(TestSocketError) -> Bool {
        let response = try await request(.isJoined(topic), .seconds(5))
        guard case .isJoined(let isJoined) = response else { throw unexpected }
        return isJoined
    }

    /// The next close or crash of a channel (of `topic`) that the server began.
    ///
    /// A lost connection closes no channel; it is told by `waitConnectStatus`.
    ///
    /// - Throws: `.timeout`, `.stopped`.
    public func awaitChannelClosed(
        _ topic: String? = nil,
        timeout: Duration = .seconds(5)
    ) async throws(TestSocketError) -> ChannelClosure {
        try await take(from: inbox.closures, timeout) { topic == nil || $0.topic == topic }
    }

    // MARK: Messages

    /// Pushes an event and does not wait for its reply.
    ///
    /// - Returns: the reference of the push, with which `awaitReply` waits for the reply.
    /// - Throws: `.disconnected`, `.notJoined`, `.encoding`, `.stopped`.
    @discardableResult
    public func push(
        _ topic: String,
        _ event: String,
        _ payload: PayloadContent = [:],
        timeout: Duration = .seconds(5)
    ) async throws(TestSocketError) -> Reference {
        let response = try await request(.push(topic, event, payload, timeout), timeout)
        guard case .sent(let reference) = response else { throw unexpected }
        return reference
    }

    /// Pushes an event and waits for its reply, whatever its status.
    ///
    /// - Returns: the status and the response.
    /// - Throws: `.disconnected`, `.notJoined`, `.timeout`, `.channelClosed`, `.left`, `.encoding`, `.stopped`.
    @discardableResult
    public func pushSync(
        _ topic: String,
        _ event: String,
        _ payload: PayloadContent = [:],
        timeout: Duration = .seconds(5)
    ) async throws(TestSocketError) -> (status: String, response: Payload) {
        let response = try await request(.ask(topic, event, payload, timeout), timeout)
        guard case .replied(let status, let payload) = response else { throw unexpected }
        return (status, payload)
    }

    /// How the push of `reference` ended, which `push` has sent.
    ///
    /// - Throws: `.timeout` when it has not ended within `timeout`, `.stopped`.
    public func awaitReply(
        to reference: Reference,
        timeout: Duration = .seconds(5)
    ) async throws(TestSocketError) -> PushOutcome {
        try await take(from: inbox.replies, timeout) { $0.reference == reference }.outcome
    }

    /// The next message or broadcast (of `topic`, of `event`), in the order in which they came.
    ///
    /// - Throws: `.timeout`, `.stopped`.
    public func awaitMessage(
        on topic: String? = nil,
        event: String? = nil,
        timeout: Duration = .seconds(5)
    ) async throws(TestSocketError) -> Message {
        try await take(from: inbox.messages, timeout) {
            (topic == nil || $0.topic == topic) && (event == nil || $0.event == event)
        }
    }

    // MARK: Waiting

    /// Has the handler do something, and waits for what comes of it.
    ///
    /// The client itself ends each request by its timeout; the longer one here is for a handler that never gets to it.
    @discardableResult
    private func request(
        _ request: TestSocketHandler.Request,
        _ timeout: Duration
    ) async throws(TestSocketError) -> TestSocketHandler.Response {
        let response: TestSocketHandler.Response
        do throws(PhoenixError) {
            response = try await client.call(request, timeout: min(timeout, .seconds(1_000_000_000)) + .seconds(5))
        } catch {
            throw TestSocketError(error)
        }
        if case .failed(let error) = response { throw error }
        return response
    }

    private func take<Element>(
        from line: WaitingLine<Element>,
        _ timeout: Duration,
        where matches: @escaping @Sendable (Element) -> Bool = { _ in true }
    ) async throws(TestSocketError) -> Element {
        do throws(PhoenixError) {
            return try await line.next(within: timeout, on: inbox.clock, where: matches)
        } catch {
            throw TestSocketError(error)
        }
    }

    private var unexpected: TestSocketError {
        .other(PhoenixError(.stopped, "Expected the answer to a request, got the answer to another."))
    }
}
