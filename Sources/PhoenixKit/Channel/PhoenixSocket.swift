/// A Phoenix socket that stays connected, with channels that stay joined.
///
///     let socket = try PhoenixSocket("wss://example.org/socket/websocket", registry: .standard)
///     let lobby = socket.channel("room:lobby")
///     socket.connect()
///     try await lobby.join().response()
///
/// It connects again by itself after whatever happened, with longer and longer waits, asks for parameters and token each time, joins the
/// channels again, and falls back to another transport where it is given several. `disconnect` ends that until the next `connect`.
///
/// A handle: when the last reference to it is gone the socket closes and everything it held is freed. Its functions may be called from any
/// task; what they ask for happens in the order of the calls.
public final class PhoenixSocket: Sendable {
    private let client: SocketClient<SocketKeeper, AnyTransport, AnySerializer>
    let hub: SocketHub
    private let registry: PluginRegistry

    /// Creates a socket; nothing is connected before `connect`.
    ///
    /// - Parameters:
    ///   - target: the socket's URL, parameters and headers.
    ///   - transports: names of registered transports, the most preferred first, among which it falls back and returns; empty for the one
    ///     that the URL or the options name.
    ///   - registry: the plug-ins.
    ///   - options: which of them to use; see `ConnectionOptions`.
    ///   - settings: everything else.
    /// - Throws: what the registry finds wrong with the target and the options: `.unknownTransport`, `.invalidURL`, `.invalidOption` and others.
    public init(
        _ target: ConnectionTarget,
        over transports: [String] = [],
        registry: PluginRegistry,
        options: ConnectionOptions = [:],
        settings: Settings = Settings()
    ) throws(PhoenixError) {
        let fallback = try Self.fallback(target, transports, registry, settings)
        let first = fallback.candidates[0]
        let resolution = try registry.resolve(first.endpoint, options, parameters: first.parameters)
        self.registry = registry
        let format = resolution.serializer.payloadFormat
        let hub = SocketHub(settings: settings, format: format, transport: fallback.transport)
        self.hub = hub
        var configuration = settings.client
        configuration.wakeList = hub.wakeList
        client = SocketClient(
            SocketKeeper(hub, fallback),
            registry: registry,
            options: options,
            configuration: configuration
        )
        hub.wake { [mailbox = client.mailbox] in mailbox.post(.info(.commands)) }
        // From the beginning, so that every deadline is kept, also of what is asked for before `connect`.
        client.start()
    }

    /// Creates a socket at `url`: see the other initializer.
    public convenience init(
        _ url: String,
        over transports: [String] = [],
        registry: PluginRegistry,
        options: ConnectionOptions = [:],
        settings: Settings = Settings()
    ) throws(PhoenixError) {
        try self.init(
            ConnectionTarget(url),
            over: transports,
            registry: registry,
            options: options,
            settings: settings
        )
    }

    private static func fallback(
        _ target: ConnectionTarget,
        _ transports: [String],
        _ registry: PluginRegistry,
        _ settings: Settings
    ) throws(PhoenixError) -> Fallback {
        guard !transports.isEmpty else {
            return Fallback(target, [], settings: settings.fallback, store: settings.fallbackStore, seed: settings.seed)
        }
        return try Fallback(
            target,
            over: transports,
            in: registry,
            settings: settings.fallback,
            store: settings.fallbackStore,
            seed: settings.seed
        )
    }

    // MARK: The connection

    /// What the socket is about at this moment.
    public var state: SocketState { hub.socketState }

    /// Connects, and stays connected from here on.
    ///
    /// May be called in every state: while it waits for the next try it tries at once, while it closes it connects again afterwards, and
    /// while it is connected it does nothing. A suspended socket stays suspended until `resume`. After the socket has stopped it does nothing.
    public func connect() {
        hub.post(.connect)
    }

    /// Disconnects, and stays disconnected until the next `connect`.
    ///
    /// Channels stay what they are and are joined again after the next `connect`.
    ///
    /// - Parameters:
    ///   - code: the close code (RFC 6455 section 7.4).
    ///   - reason: the close reason, at most 123 bytes of UTF-8; what is longer is cut by the transport.
    ///   - patience: how long pushes that have not ended may take before the connection is closed. Those left then end as `disconnected`.
    public func disconnect(code: UInt16 = 1000, reason: String = "", flushingFor patience: Duration = .zero) {
        hub.post(.disconnect(code: code, reason: reason, flushing: patience))
    }

    /// Closes the connection and stops for good: everything that waits ends, sequences finish, `run()` returns.
    public func stop() {
        client.stop()
    }

    /// Closes the connection until `resume`, as an app does that goes to the background.
    public func suspend() { hub.post(.suspend) }

    /// Ends a `suspend`: connects at once if the socket was connected or connecting before, or was asked to connect since.
    public func resume() { hub.post(.resume) }

    /// Tells of a change of the network: see `NetworkPath`.
    public func networkChanged(_ path: NetworkPath) { hub.post(.networkChanged(path)) }

    /// Goes over to another server or transport, without losing anything on the way: see `Directive.move`.
    ///
    /// Without a connection the next one goes there.
    ///
    /// - Throws: `.unknownTransport`, `.invalidURL`.
    public func move(to target: ConnectionTarget, over transports: [String] = []) throws(PhoenixError) {
        hub.post(.replace(try Self.fallback(target, transports, registry, hub.settings)))
    }

    /// Sends a heartbeat, and returns how long its answer took.
    ///
    /// - Throws: `.disconnected`; `.timeout`; `.stopped`, also when the waiting task is cancelled.
    public func ping(timeout: Duration = .seconds(10)) async throws(PhoenixError) -> Duration {
        let promise = Promise<Result<Duration, PhoenixError>>()
        guard hub.post(.ping(promise, deadline: hub.clock.now + timeout)) else { throw PhoenixError.socketStopped }
        guard let result = await promise.value() else { throw PhoenixError.waitCancelled }
        return try result.get()
    }

    // MARK: Channels

    /// The channel of `topic`, which `join` joins with `parameters`.
    public func channel(_ topic: String, _ parameters: PayloadContent = [:]) -> PhoenixChannel {
        PhoenixChannel(topic, ChannelParameters(source: .fixed(parameters)), hub)
    }

    /// The channel of `topic`, for which `parameters` are made anew for every join.
    ///
    /// An error thrown there, or more time than the join's timeout, counts as a join that failed: the push of the first try ends at once,
    /// refused with `.credentials`, or as a timeout.
    public func channel(
        _ topic: String,
        _ parameters: @escaping @Sendable () async throws -> PayloadContent
    ) -> PhoenixChannel {
        PhoenixChannel(topic, ChannelParameters(source: .made(parameters)), hub)
    }

    /// The topics that are joined or to be joined, in no order.
    public var topics: [String] { hub.joinedTopics.map(\.text) }

    /// Pushes `event` to every channel that is joined or to be joined, such as a new token.
    ///
    /// - Returns: the pushes; channels that close meanwhile are left out.
    /// - Throws: `.encoding`, `.limitExceeded`, `.bufferFull`, `.stopped`. Those pushed before the error stay pushed.
    @discardableResult
    public func pushToAll(
        _ event: String,
        _ payload: PayloadContent,
        timeout: Duration? = nil
    ) throws(PhoenixError) -> [Push] {
        var pushes: [Push] = []
        for topic in hub.joinedTopics {
            do throws(PhoenixError) {
                pushes.append(
                    try hub.push(topic.text, event, payload, timeout: timeout ?? hub.settings.client.pushTimeout)
                )
            } catch  where error.code == .notJoined {
                continue
            }
        }
        return pushes
    }

    // MARK: Listening

    /// The messages of all channels from now on; ends when the socket is over.
    public func messages(buffer: EventBuffer = EventBuffer()) -> EventSequence<Message> {
        hub.sequence(nil, event: nil, buffer: buffer)
    }

    /// Calls `body` with every message of every channel, before the channels' own subscribers.
    @discardableResult
    public func onMessage(
        on scheduler: CallbackScheduler = .driver,
        buffer: EventBuffer = EventBuffer(),
        _ body: @escaping @Sendable (Message) -> Void
    ) -> Subscription {
        hub.listen(nil, event: nil, on: scheduler, buffer: buffer, body)
    }

    /// The states of the socket, beginning with the present one; ends when the socket is over.
    ///
    /// Of states that nobody has read yet the oldest are dropped.
    public var states: EventSequence<SocketState> {
        let queue = EventQueue<SocketState>(EventBuffer(limit: 64))
        let (number, current) = hub.observe { state in
            queue.add(state)
            if state.kind == .stopped { queue.finish() }
        }
        queue.add(current)
        if current.kind == .stopped { queue.finish() }
        return EventSequence(queue: queue, lease: EventSequence.Lease { [hub] in hub.unobserve(number) })
    }

    /// Calls `body` with every state of the socket from now on.
    @discardableResult
    public func onStateChange(
        on scheduler: CallbackScheduler = .driver,
        _ body: @escaping @Sendable (SocketState) -> Void
    ) -> Subscription {
        let cancellation = Cancellation()
        let deliver = scheduler.inOrder(EventBuffer()) { state in if !cancellation.isCancelled { body(state) } }
        let (number, _) = hub.observe(deliver)
        return Subscription(cancellation) { [hub] in hub.unobserve(number) }
    }

    // MARK: Running

    /// Connects and runs until `stop`, as a service does.
    ///
    /// Cancelling the task stops the socket and returns at once. Otherwise the socket is over when it returns.
    ///
    /// - Throws: `CancellationError` when the task was cancelled.
    public func run() async throws {
        connect()
        let states = states
        await withTaskCancellationHandler {
            for await state in states where state.kind == .stopped { return }
        } onCancel: {
            stop()
        }
        try Task.checkCancellation()
    }
}
