internal import Phoenix

/// The demo's second script: a proxy eats upgrades, so the client takes another way, and comes back when it can.
struct Detour {
    private let stage: Stage
    private let proxy: UpgradeEater
    private let clock = SystemClock()
    private let client: SocketClient<Commuter, AnyTransport, AnySerializer>
    private var events: AsyncStream<Commuter.Event>.Iterator

    init(through proxy: UpgradeEater, on stage: Stage) throws {
        self.stage = stage
        self.proxy = proxy
        var configuration = SocketConfiguration()
        configuration.wiretap = stage.tap.named("ada")
        var settings = Fallback.Settings()
        settings.probes = Backoff(first: .milliseconds(500), longest: .milliseconds(500))
        let target = try ConnectionTarget("ws://127.0.0.1:\(proxy.port)/socket/websocket", ["name": "ada"])
        let fallback = try Fallback(
            target,
            over: ["websocket", "longpoll"],
            in: .standard,
            settings: settings,
            store: InMemoryFallbackStore()
        )
        let (stream, continuation) = AsyncStream.makeStream(
            of: Commuter.Event.self,
            bufferingPolicy: .bufferingNewest(1_024)
        )
        events = stream.makeAsyncIterator()
        client = SocketClient(
            Commuter(to: "room:lobby", over: fallback, reports: continuation),
            registry: .standard,
            configuration: configuration
        )
    }

    mutating func play() async throws {
        client.start()
        try await stage.step("connect") { try await decision(.fallBack) }
        try await stage.step("join room:lobby") {
            try await joined(over: "longpoll")
            return "over long polling"
        }
        try await stage.step("push, reply") { "round trip \(try await echo(1).brief)" }
        try await stage.step("the proxy lets upgrades through", frames: 2) {
            proxy.letThrough()
            return try await decision(.move)
        }
        try await stage.step("the move, rejoin", frames: 8) {
            try await joined(over: "websocket")
            return
                "over WebSocket, and an echo in \(try await echo(2).brief); upgrades eaten in all: \(proxy.eaten)"
        }
        client.stop()
    }

    /// The explanation of the next decision of the kind `step`.
    ///
    /// Decisions to stay as it is, such as those of probes that failed, are passed over.
    private mutating func decision(_ step: Fallback.Decision.Step) async throws -> String {
        while true {
            let event = try await next("a decision to \(step)")
            guard case .decided(let decision) = event else {
                if case .joined = event { continue }
                throw DemoFailure(expected: "a decision to \(step)", came: "\(event)")
            }
            if decision.step == step { return decision.explanation }
            try check(decision.step == .stay, "a decision to \(step)", decision.explanation)
        }
    }

    private mutating func joined(over transport: String) async throws {
        while true {
            let event = try await next("a join over \(transport)")
            switch event {
            case .joined(let came): return try check(came == transport, "a join over \(transport)", came)
            case .decided(let decision) where decision.step == .stay || decision.step == .move: continue
            default: throw DemoFailure(expected: "a join over \(transport)", came: "\(event)")
            }
        }
    }

    /// Has `number` echoed and returns the round trip.
    private mutating func echo(_ number: Int64) async throws -> Duration {
        let start = clock.now
        let reference = try await client.call(number).get()
        while true {
            let event = try await next("an echo of \(number)")
            switch event {
            case .replied(let reply)
            where reply.reference == reference && reply.outcome.response?["n"]?.integer == number:
                return clock.now - start
            case .decided(let decision) where decision.step == .stay: continue
            default: throw DemoFailure(expected: "an echo of \(number)", came: "\(event)")
            }
        }
    }

    private mutating func next(_ expected: String) async throws -> Commuter.Event {
        guard let event = await events.next(isolation: #isolation) else {
            throw DemoFailure(expected: expected, came: "nothing more")
        }
        return event
    }
}
