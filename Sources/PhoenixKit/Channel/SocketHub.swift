internal import Synchronization

/// What a socket, its channels and its keeper share: the commands on their way, and what may be read at once.
///
/// Commands keep their order from whatever threads they come. Handles hold the hub, not the client, so a channel that somebody keeps
/// does not keep the socket alive.
final class SocketHub: Sendable {
    enum Command: Sendable {
        case connect
        case disconnect(code: UInt16, reason: String, flushing: Duration)
        case suspend
        case resume
        case networkChanged(NetworkPath)
        case replace(Fallback)
        case ping(Promise<Result<Duration, PhoenixError>>, deadline: Timestamp)
        case join(topic: Bytes, epoch: UInt64, ChannelParameters, Push)
        case leave(topic: Bytes, epoch: UInt64, Push)
        case push(topic: Bytes, Push)
        case subscribe(topic: Bytes?, Sink)
        case unsubscribe(topic: Bytes?, Sink)
    }

    /// One channel, as its handles see it.
    struct Channel {
        var state: ChannelState
        /// The join or leave that its handles asked for last.
        ///
        /// What the keeper says of an earlier one no longer counts.
        var epoch: UInt64
    }

    /// Somebody who wants to know the states of a channel.
    fileprivate struct ChannelObserver {
        let topic: Bytes
        let body: @Sendable (ChannelState) -> Void
        let finish: @Sendable () -> Void
    }

    fileprivate struct State {
        var commands: [Command] = []
        var waitingBytes = 0
        /// Whether the keeper has been told that there are commands.
        var isAnnounced = false
        var isClosed = false
        var wake: (@Sendable () -> Void)?
        var socket: SocketState
        var channels: [Bytes: Channel] = [:]
        var format: any PayloadFormat
        var lastPush: UInt64 = 0
        var lastEpoch: UInt64 = 0
        var observers: [UInt64: @Sendable (SocketState) -> Void] = [:]
        var channelObservers: [UInt64: ChannelObserver] = [:]
        var lastObserver: UInt64 = 0
    }

    let clock: any PhoenixClock
    let settings: PhoenixSocket.Settings
    /// The sequences that wait for the end of a batch.
    let wakeList = WakeList()
    private let state: Mutex<State>

    /// A hub of a socket that is to connect over `transport`.
    init(settings: PhoenixSocket.Settings, format: any PayloadFormat, transport: String) {
        self.settings = settings
        clock = settings.client.clock
        state = Mutex(State(socket: SocketState(.disconnected, transport: transport), format: format))
    }

    // MARK: For handles

    var socketState: SocketState { state.withLock { $0.socket } }

    func channelState(_ topic: Bytes) -> ChannelState { state.withLock { $0.channels[topic]?.state ?? .closed } }

    /// The topics that are joined or to be joined.
    var joinedTopics: [Bytes] {
        state.withLock { state in
            state.channels.filter { $0.value.state != .leaving && $0.value.state != .closed }.map(\.key)
        }
    }

    /// Queues a command; false when the socket has stopped.
    @discardableResult
    func post(_ command: Command) -> Bool {
        let (isTaken, wake) = state.withLock { $0.take(command) }
        wake?()
        return isTaken
    }

    /// Begins a join: from here on the channel takes pushes.
    ///
    /// - Throws: `.alreadyJoined`, `.stopped`, `.encoding`.
    func join(_ topic: String, _ parameters: ChannelParameters, timeout: Duration) throws(PhoenixError) -> Push {
        let push = try make(topic, "phx_join", [:], timeout: timeout)
        let key = Bytes(topic)
        let result: Result<(@Sendable () -> Void)?, PhoenixError> = state.withLock { state in
            let channel = state.channels[key]
            switch channel?.state {
            case nil, .closed, .leaving: break
            case .joining, .joined, .errored:
                return .failure(
                    PhoenixError(
                        .alreadyJoined,
                        "Expected a channel that is not joined, got \(topic), which is joined or rejoins by itself. Leave it first."
                    )
                )
            }
            state.lastEpoch += 1
            let epoch = state.lastEpoch
            let (isTaken, wake) = state.take(.join(topic: key, epoch: epoch, parameters, push))
            guard isTaken else { return .failure(.socketStopped) }
            state.channels[key] = Channel(state: .joining, epoch: epoch)
            return .success(wake)
        }
        try result.get()?()
        return push
    }

    /// Begins a leave: from here on the channel takes no pushes.
    ///
    /// - Throws: `.notJoined`, `.stopped`.
    func leave(_ topic: String, _ payload: PayloadContent, timeout: Duration) throws(PhoenixError) -> Push {
        let push = try make(topic, "phx_leave", payload, timeout: timeout)
        let key = Bytes(topic)
        let result: Result<(@Sendable () -> Void)?, PhoenixError> = state.withLock { state in
            guard state.channels[key]?.state.takesPushes == true else {
                return .failure(.notJoined(topic))
            }
            state.lastEpoch += 1
            let epoch = state.lastEpoch
            let (isTaken, wake) = state.take(.leave(topic: key, epoch: epoch, push))
            guard isTaken else { return .failure(.socketStopped) }
            state.channels[key] = Channel(state: .leaving, epoch: epoch)
            return .success(wake)
        }
        try result.get()?()
        return push
    }

    /// Queues a push, encoded in the caller's task.
    ///
    /// - Throws: `.notJoined`, `.encoding`, `.limitExceeded`, `.bufferFull`, `.stopped`.
    func push(
        _ topic: String,
        _ event: String,
        _ content: PayloadContent,
        timeout: Duration
    ) throws(PhoenixError) -> Push {
        let push = try make(topic, event, content, timeout: timeout)
        let key = Bytes(topic)
        let limit = settings.client.outboundBuffer
        let count = settings.client.mailboxLimit
        let result: Result<(@Sendable () -> Void)?, PhoenixError> = state.withLock { state in
            if state.isClosed { return .failure(.socketStopped) }
            guard state.channels[key]?.state.takesPushes == true else { return .failure(.notJoined(topic)) }
            guard state.waitingBytes + push.size <= limit, state.commands.count < count else {
                return .failure(
                    PhoenixError(
                        .bufferFull,
                        "Expected at most \(limit) bytes in \(count) pushes on their way to the socket, got more. "
                            + "Push more slowly, or wait for replies."
                    )
                )
            }
            state.waitingBytes += push.size
            return .success(state.take(.push(topic: key, push)).wake)
        }
        try result.get()?()
        return push
    }

    private func make(
        _ topic: String,
        _ event: String,
        _ content: PayloadContent,
        timeout: Duration
    ) throws(PhoenixError) -> Push {
        let (format, number) = state.withLock { state in
            state.lastPush += 1
            return (state.format, state.lastPush)
        }
        let payload = try content.encode(in: format)
        let limit = settings.client.limits.message
        guard payload.bytes.count <= limit else {
            throw PhoenixError(
                .limitExceeded,
                "Expected a payload of at most \(limit) bytes, got \(payload.bytes.count). "
                    + "Send less, or raise limits.message if the server accepts more."
            )
        }
        return Push(number, topic, event, payload, timeout: timeout, from: clock.now)
    }

    /// Calls `body` with every state of the socket from now on, in the driver's task.
    func observe(_ body: @escaping @Sendable (SocketState) -> Void) -> (number: UInt64, current: SocketState) {
        state.withLock { state in
            state.lastObserver += 1
            state.observers[state.lastObserver] = body
            return (state.lastObserver, state.socket)
        }
    }

    /// Calls `body` with every state of a channel from now on, in the driver's task, and `finish` when the socket is over.
    ///
    /// - Returns: its number and the present state; nil when the socket is over already.
    func observe(
        _ topic: Bytes,
        _ body: @escaping @Sendable (ChannelState) -> Void,
        finish: @escaping @Sendable () -> Void
    ) -> (number: UInt64, current: ChannelState?) {
        state.withLock { state in
            state.lastObserver += 1
            guard !state.isClosed else { return (state.lastObserver, nil) }
            state.channelObservers[state.lastObserver] = ChannelObserver(topic: topic, body: body, finish: finish)
            return (state.lastObserver, state.channels[topic]?.state ?? .closed)
        }
    }

    func unobserve(_ number: UInt64) {
        state.withLock { state in
            state.observers[number] = nil
            state.channelObservers[number] = nil
        }
    }

    // MARK: For the keeper

    /// Says how the keeper is told of commands; it is told at once if there are any.
    func wake(by wake: @escaping @Sendable () -> Void) {
        let isDue = state.withLock { state in
            state.wake = wake
            return state.isAnnounced
        }
        if isDue { wake() }
    }

    func takeCommands() -> [Command] {
        state.withLock { state in
            defer { (state.commands, state.waitingBytes, state.isAnnounced) = ([], 0, false) }
            return state.commands
        }
    }

    /// Refuses everything from now on, and returns what had not been taken.
    func close(_ last: SocketState) -> [Command] {
        let (commands, observers) = state.withLock { state in
            defer {
                (state.commands, state.channels, state.isClosed, state.wake) = ([], [:], true, nil)
                state.channelObservers = [:]
            }
            return (state.commands, state.channelObservers.values.map(\.finish))
        }
        publish(last)
        for finish in observers { finish() }
        return commands
    }

    func publish(_ socket: SocketState) {
        let observers = state.withLock { state in
            state.socket = socket
            return state.observers
        }
        for (_, observer) in observers.sorted(by: { $0.key < $1.key }) { observer(socket) }
    }

    /// Notes the state of a channel, unless its handles have asked for something else since `epoch`.
    func publish(_ channel: ChannelState, of topic: Bytes, epoch: UInt64) {
        let observers = state.withLock { state -> [@Sendable (ChannelState) -> Void] in
            guard let present = state.channels[topic], present.epoch == epoch, present.state != channel else {
                return []
            }
            if channel == .closed {
                state.channels[topic] = nil
            } else {
                state.channels[topic]?.state = channel
            }
            guard !state.channelObservers.isEmpty else { return [] }
            return state.channelObservers.sorted { $0.key < $1.key }.filter { $0.value.topic == topic }.map(
                \.value.body
            )
        }
        for observer in observers { observer(channel) }
    }

    /// Payloads are encoded in `format` from now on.
    func use(_ format: any PayloadFormat) {
        state.withLock { $0.format = format }
    }
}

extension SocketHub.State {
    /// Queues a command, and says whom to wake.
    fileprivate mutating func take(_ command: SocketHub.Command) -> (isTaken: Bool, wake: (@Sendable () -> Void)?) {
        guard !isClosed else { return (false, nil) }
        commands.append(command)
        guard !isAnnounced else { return (true, nil) }
        isAnnounced = true
        return (true, wake)
    }
}

extension ChannelState {
    fileprivate var takesPushes: Bool {
        switch self {
        case .joining, .joined, .errored: true
        case .closed, .leaving: false
        }
    }
}

extension PhoenixError {
    static var socketStopped: PhoenixError {
        PhoenixError(.stopped, "Expected a running socket, got one that has stopped. Make a new one.")
    }

    fileprivate static func notJoined(_ topic: String) -> PhoenixError {
        PhoenixError(
            .notJoined,
            "Expected a channel that is joined or to be joined, got \(topic), which is not. Join it first."
        )
    }
}
