internal import Phoenix

/// A client of the demo: a socket, and what it reported so far.
struct Guest {
    let name: String
    let clock = SystemClock()
    private let client: SocketClient<Visitor, AnyTransport, AnySerializer>
    private var reports: AsyncStream<Visitor.Report>.Iterator

    /// Starts to connect to `url`.
    init(_ name: String, to url: String, version: String, tap: DemoTap) throws {
        self.name = name
        let (stream, continuation) = AsyncStream.makeStream(
            of: Visitor.Report.self,
            bufferingPolicy: .bufferingNewest(1_024)
        )
        reports = stream.makeAsyncIterator()
        let target = try ConnectionTarget(url, ["name": .string(name)])
        var configuration = SocketConfiguration()
        configuration.wiretap = tap.named(name)
        client = SocketClient(
            Visitor(target: target, reports: continuation),
            registry: .standard,
            options: ["vsn": version, "proxy": "none"],
            configuration: configuration
        )
        client.start()
    }

    /// Asks the socket to do something; throws what it throws.
    @discardableResult
    func ask(_ request: Visitor.Request) async throws -> Reference? {
        try await client.call(request).get()
    }

    /// The next thing that happens.
    mutating func next(_ expected: String) async throws -> Visitor.Report {
        guard let report = await reports.next(isolation: #isolation) else {
            throw DemoFailure(expected: expected, came: "nothing more")
        }
        return report
    }

    /// What `pick` makes of the next thing that happens; anything else is a failure.
    mutating func expect<Result>(
        _ expected: String,
        _ pick: (Visitor.Event) -> Result?
    ) async throws -> Result {
        let report = try await next(expected)
        guard let result = pick(report.event) else { throw DemoFailure(expected: expected, came: report.event.summary) }
        return result
    }

    /// Pushes, and returns the reply with its round trip.
    mutating func roundTrip(
        _ topic: String,
        _ event: String,
        _ payload: PayloadContent
    ) async throws -> (reply: Reply, time: Duration) {
        let start = clock.now
        let reference = try await ask(.push(topic, event, payload))
        let expected = "a reply to \(event)"
        let report = try await next(expected)
        guard case .replied(let reply) = report.event, reply.reference == reference else {
            throw DemoFailure(expected: expected, came: report.event.summary)
        }
        return (reply, report.time - start)
    }

    func stop() { client.stop() }
}

/// What was not as it should be.
struct DemoFailure: Error {
    var expected: String
    var came: String
}

extension Visitor.Event {
    /// The event in a few words.
    var summary: String {
        switch self {
        case .connected: "connected"
        case .disconnected(let reason): "disconnected: \(reason)"
        case .joined(let join): "joined \(join.topic)"
        case .joinFailed(let failure): "the join of \(failure.topic) failed: \(failure.outcome.summary)"
        case .closed(let closure): "the channel of \(closure.topic) \(closure.kind)"
        case .received(let message): "\(message.event) on \(message.topic): \(message.payload.shown)"
        case .replied(let reply): "a reply on \(reply.topic): \(reply.outcome.summary)"
        }
    }
}

extension PushOutcome {
    /// The outcome in a few words.
    var summary: String {
        if case .reply(let status, let response) = self { "\(status) \(response.shown)" } else { "\(self)" }
    }
}
