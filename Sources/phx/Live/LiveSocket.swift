internal import Phoenix
private import Synchronization

/// One socket that the console watches, with its channels.
final class LiveSocket: Sendable {
    /// What a socket is to do.
    struct Plan: Sendable {
        var topics: [String]
        var joinPayload: PayloadContent = [:]
        /// What is pushed on every channel at each look.
        var push: (event: String, payload: PayloadContent)?
        /// How long a heartbeat may take.
        var patience: Duration
    }

    private struct Seat: Sendable {
        let channel: PhoenixChannel
        let presence: ChannelPresence
        let received: Count
    }

    private final class Count: Sendable {
        private let number = Atomic(0)
        var value: Int { number.load(ordering: .relaxed) }
        func add() { _ = number.wrappingAdd(1, ordering: .relaxed) }
    }

    private struct State {
        var problems: [String: String] = [:]
        var roundTrip: Duration?
        var isPinging = false
    }

    private let socket: PhoenixSocket
    private let url: String
    private let plan: Plan
    private let gauges: Gauges
    private let clock: any PhoenixClock
    private let seats: [Seat]
    private let state: Mutex<State>

    /// Makes a socket and asks for its channels; nothing is connected before `connect`.
    ///
    /// - Throws: what `PhoenixSocket` finds wrong.
    init(
        _ target: ConnectionTarget,
        over transports: [String],
        options: ConnectionOptions,
        settings: PhoenixSocket.Settings,
        plan: Plan
    ) throws(PhoenixError) {
        let gauges = Gauges()
        var settings = settings
        settings.client.metrics = SocketMetrics(prefix: "socket", factory: gauges)
        let socket = try PhoenixSocket(
            target,
            over: transports,
            registry: .standard,
            options: options,
            settings: settings
        )
        self.socket = socket
        self.gauges = gauges
        self.plan = plan
        url = target.endpoint.redacted
        clock = settings.client.clock
        let state = Mutex(State())
        self.state = state
        seats = plan.topics.map { topic in
            let channel = socket.channel(topic, plan.joinPayload)
            let received = Count()
            channel.onMessage { _ in received.add() }
            return Seat(channel: channel, presence: channel.presence(), received: received)
        }
        for seat in seats { try join(seat.channel) }
    }

    /// Connects, and stays connected.
    func connect() { socket.connect() }

    /// Closes the connection in good order, which takes no longer than its deadline.
    func end() async {
        let states = socket.states
        socket.disconnect()
        for await state in states where state.kind == .disconnected { break }
        socket.stop()
    }

    private func join(_ channel: PhoenixChannel) throws(PhoenixError) {
        let topic = channel.topic
        try channel.join().onOutcome { [weak self] outcome in
            let problem: String? =
                switch outcome {
                case .reply("ok", _): nil
                case .reply(let status, let response):
                    response["reason"]?.string.map { "\(status): \($0)" } ?? "\(status): \(response.shown)"
                default: outcome.summary
                }
            self?.state.withLock { $0.problems[topic] = problem?.printable }
        }
    }

    /// Sends what there is to send at each look: a heartbeat, unless one is on its way, and the pushes.
    func act() {
        if let push = plan.push {
            for seat in seats { _ = try? seat.channel.push(push.event, push.payload) }
        }
        guard
            state.withLock({ state in
                defer { state.isPinging = true }
                return !state.isPinging
            })
        else { return }
        Task {
            let roundTrip = try? await socket.ping(timeout: plan.patience)
            state.withLock { state in
                (state.roundTrip, state.isPinging) = (roundTrip, false)
            }
        }
    }

    /// What is known now.
    func reading() -> SocketReading {
        let present = socket.state
        let (problems, roundTrip) = state.withLock { state in
            defer { state.roundTrip = nil }
            // What was wrong once is no news of a channel that has been joined since.
            for seat in seats where seat.channel.state == .joined { state.problems[seat.channel.topic] = nil }
            return (state.problems, state.roundTrip)
        }
        return SocketReading(
            url: url,
            state: present.kind,
            transport: present.transport,
            problem: present.problem,
            moment: clock.now,
            received: gauges.total("socket.messages.received"),
            sent: gauges.total("socket.messages.sent"),
            bytesReceived: gauges.total("socket.bytes.received"),
            bytesSent: gauges.total("socket.bytes.sent"),
            dropped: gauges.total("socket.messages.dropped"),
            reconnects: gauges.total("socket.reconnects"),
            waiting: gauges.total("socket.pushes.waiting"),
            outbound: gauges.total("socket.outbound.bytes"),
            roundTrip: roundTrip,
            channels: seats.map { seat in
                let present = seat.presence.list.map(\.key)
                return SocketReading.Channel(
                    topic: seat.channel.topic,
                    state: seat.channel.state,
                    problem: problems[seat.channel.topic],
                    received: seat.received.value,
                    // Over a lost connection the last that is known counts.
                    present: present.isEmpty && seat.presence.isPending ? nil : present
                )
            }
        )
    }

    /// Why it makes no sense to go on: the server refuses the connection, or all channels, for good.
    var failure: Failure? {
        let present = socket.state
        if present.kind == .disconnected, let reason = present.reason { return Failure(reason) }
        let problems = state.withLock { $0.problems }
        guard !seats.isEmpty, seats.allSatisfy({ $0.channel.state == .closed && problems[$0.channel.topic] != nil })
        else { return nil }
        let topics = seats.map { "\($0.channel.topic.printable) (\(problems[$0.channel.topic] ?? ""))" }
        return Failure(.joinDenied, "The server denied \(topics.joined(separator: ", ")).")
    }
}

extension SocketState {
    /// Why there is no connection, in a few words.
    fileprivate var problem: String? {
        guard let reason else { return nil }
        let message = Failure(reason).message
        return delay.map { "\(message) Again in \($0.brief)." } ?? message
    }
}
