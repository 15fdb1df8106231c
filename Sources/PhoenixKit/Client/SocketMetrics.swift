public import CoreMetrics

/// Where the numbers of clients go, by swift-metrics.
///
///     MetricsSystem.bootstrap(...)
///     settings.client.metrics = SocketMetrics()
///
/// Nothing is counted, and nothing costs anything, unless a client is given one. Several clients may share one: their numbers add up.
/// To tell clients apart, give each its own with `dimensions`. Probes (`SocketContext.probe`), which are connections beside, are not counted. No name and no dimension ever holds a topic, a URL, a parameter or a token.
///
/// | name, behind the prefix | kind | what it counts |
/// | --- | --- | --- |
/// | `connections.opened` | counter | connections that were opened |
/// | `connections.failed` | counter | tries that opened none |
/// | `connections.closed` | counter | open connections that ended, for whatever reason |
/// | `reconnects` | counter | those opened by a client that had been connected before |
/// | `messages.received`, `bytes.received` | counter | frames that came and their bytes, compression undone |
/// | `messages.sent`, `bytes.sent` | counter | frames that were handed to the transport and their bytes, before compression |
/// | `messages.dropped` | counter | messages that no handler got: see `reason` |
/// | `joins` | counter | joins that ended: see `outcome` |
/// | `pushes` | counter | pushes and leaves that were sent and ended: see `outcome` |
/// | `pushes.unsent` | counter | pushes of a `PhoenixChannel` that ended before they could be sent: see `outcome` |
/// | `heartbeat.round_trip` | timer | from a heartbeat to its answer |
/// | `outbound.bytes` | meter | bytes that wait to be written |
/// | `pushes.waiting` | meter | pushes of `PhoenixChannel`s that wait for their channel |
///
/// `reason` is `stale`, `not_joined`, `left`, `unknown_reference` (see `DropReason`), `undecodable` (no message at all) or `full` (a
/// subscriber's `EventBuffer` dropped it). `outcome` is `ok`, `error`, `other` (a reply with another status), `timeout`, `closed`,
/// `disconnected`, `left` or `refused` (see `PushOutcome`).
public final class SocketMetrics: Sendable {
    private let opened: Counter
    private let failed: Counter
    private let closed: Counter
    private let reconnects: Counter
    private let messagesReceived: Counter
    private let bytesReceived: Counter
    private let messagesSent: Counter
    private let bytesSent: Counter
    private let dropped: [Loss: Counter]
    private let joins: [Outcome: Counter]
    private let pushes: [Outcome: Counter]
    private let unsent: [Outcome: Counter]
    private let roundTrips: Timer
    private let outboundBytes: Meter
    private let waitingPushes: Meter

    /// Makes the instruments.
    ///
    /// - Parameters:
    ///   - prefix: what all names begin with, a dot after it.
    ///   - dimensions: given to every instrument.
    ///   - factory: where they are made; nil for that of `MetricsSystem` at this moment.
    public init(
        prefix: String = "phoenix",
        dimensions: [(String, String)] = [],
        factory: (any MetricsFactory)? = nil
    ) {
        let factory = factory ?? MetricsSystem.factory
        func counter(_ name: String) -> Counter {
            Counter(label: "\(prefix).\(name)", dimensions: dimensions, factory: factory)
        }
        func counters<Case: CaseIterable & Hashable & RawRepresentable<String>>(
            _ name: String,
            _ key: String,
            _ cases: Case.Type
        ) -> [Case: Counter] {
            Dictionary(
                uniqueKeysWithValues: Case.allCases.map { value in
                    let all = dimensions + [(key, value.rawValue)]
                    return (value, Counter(label: "\(prefix).\(name)", dimensions: all, factory: factory))
                }
            )
        }
        func meter(_ name: String) -> Meter {
            Meter(label: "\(prefix).\(name)", dimensions: dimensions, factory: factory)
        }
        opened = counter("connections.opened")
        failed = counter("connections.failed")
        closed = counter("connections.closed")
        reconnects = counter("reconnects")
        messagesReceived = counter("messages.received")
        bytesReceived = counter("bytes.received")
        messagesSent = counter("messages.sent")
        bytesSent = counter("bytes.sent")
        dropped = counters("messages.dropped", "reason", Loss.self)
        joins = counters("joins", "outcome", Outcome.self)
        pushes = counters("pushes", "outcome", Outcome.self)
        unsent = counters("pushes.unsent", "outcome", Outcome.self)
        roundTrips = Timer(label: "\(prefix).heartbeat.round_trip", dimensions: dimensions, factory: factory)
        outboundBytes = meter("outbound.bytes")
        waitingPushes = meter("pushes.waiting")
    }
}

// MARK: What the client notes

extension SocketMetrics {
    /// Why nobody got a message.
    enum Loss: String, CaseIterable {
        case stale
        case notJoined = "not_joined"
        case left
        case unknownReference = "unknown_reference"
        case undecodable
        case full
    }

    /// How a join or a push ended.
    enum Outcome: String, CaseIterable {
        case ok, error, other, timeout, closed, disconnected, left, refused
    }

    func connectionFailed() { failed.increment() }
    func connectionClosed() { closed.increment() }

    func connectionOpened(isFirst: Bool) {
        opened.increment()
        if !isFirst { reconnects.increment() }
    }

    func received(_ frames: [Frame]) {
        messagesReceived.increment(by: frames.count)
        bytesReceived.increment(by: frames.byteCount)
    }

    func sent(_ frames: [Frame]) {
        messagesSent.increment(by: frames.count)
        bytesSent.increment(by: frames.byteCount)
    }

    func lost(_ loss: Loss) { dropped[loss]?.increment() }

    func dropped(_ reason: DropReason) {
        switch reason {
        case .stale: lost(.stale)
        case .notJoined: lost(.notJoined)
        case .left: lost(.left)
        case .unknownReference: lost(.unknownReference)
        }
    }

    func joinEnded(_ outcome: Outcome) { joins[outcome]?.increment() }
    func pushEnded(_ outcome: PushOutcome) { pushes[Outcome(outcome)]?.increment() }
    func pushUnsent(_ outcome: PushOutcome) { unsent[Outcome(outcome)]?.increment() }
    func roundTrip(_ duration: Duration) { roundTrips.recordNanoseconds(duration.clampedNanoseconds) }
    func outbound(changedBy bytes: Int) { outboundBytes.change(by: bytes) }
    func waiting(changedBy count: Int) { waitingPushes.change(by: count) }
}

extension SocketMetrics.Outcome {
    init(_ outcome: PushOutcome) {
        self =
            switch outcome {
            case .reply("ok", _): .ok
            case .reply("error", _): .error
            case .reply: .other
            case .timeout: .timeout
            case .channelClosed: .closed
            case .disconnected: .disconnected
            case .left: .left
            case .refused: .refused
            }
    }
}

extension Meter {
    /// Adds to what others who share the meter have added.
    fileprivate func change(by amount: Int) {
        if amount > 0 { increment(by: Double(amount)) }
        if amount < 0 { decrement(by: Double(-amount)) }
    }
}

extension [Frame] {
    fileprivate var byteCount: Int { reduce(0) { $0 + $1.bytes.count } }
}
