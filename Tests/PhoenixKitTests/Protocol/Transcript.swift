import Testing

@testable import PhoenixKit

/// Drives a channel table through invented events at invented times, and tells what came of each.
struct Transcript {
    var table = ChannelTable()
    private var effects: [ChannelEffect] = []

    init() { table.connected() }

    private func moment(_ seconds: Int) -> Timestamp {
        Timestamp(nanoseconds: Int64(seconds) * 1_000_000_000)
    }

    private mutating func take() -> [ChannelEffect] {
        defer { effects = [] }
        return effects
    }

    /// Sends a request that must be allowed, and returns its reference.
    mutating func send(
        _ kind: ChannelTable.Outstanding.Kind,
        _ topic: String,
        at time: Int = 0,
        timeout: Int = 10
    ) throws -> UInt64 {
        let ticket = try table.authorize(kind, on: Bytes(topic))
        table.sent(ticket, deadline: moment(time + timeout), into: &effects)
        return ticket.reference
    }

    /// What the last request led to by itself.
    mutating func consequences() -> [ChannelEffect] { take() }

    /// Joins a topic and has the join accepted.
    mutating func join(_ topic: String) throws -> UInt64 {
        let reference = try send(.join, topic)
        _ = reply(reference, on: topic, joinReference: reference)
        return reference
    }

    @discardableResult
    mutating func reply(
        _ reference: UInt64,
        on topic: String,
        joinReference: UInt64?,
        status: String = "ok"
    ) -> (Route, [ChannelEffect]) {
        receive("phx_reply", on: topic, joinReference: joinReference, reference: reference, status: status)
    }

    mutating func receive(
        _ event: String,
        on topic: String,
        joinReference: UInt64? = nil,
        reference: UInt64? = nil,
        status: String? = nil
    ) -> (Route, [ChannelEffect]) {
        let message = Message(
            joinReference: joinReference.map { Reference($0) },
            reference: reference.map { Reference($0) },
            topic: topic,
            event: event,
            status: status,
            payload: .none
        )
        let route = table.received(message, into: &effects)
        return (route, take())
    }

    mutating func time(_ seconds: Int) -> [ChannelEffect] {
        table.timeReached(moment(seconds), cleanupTimeout: .seconds(10), into: &effects)
        return take()
    }

    mutating func disconnect() -> [ChannelEffect] {
        table.disconnected(into: &effects)
        return take()
    }
}

extension Payload {
    static let none = Payload(binary: Bytes())
}

extension ChannelEffect {
    static func joined(_ topic: String, _ reference: UInt64) -> ChannelEffect {
        .joined(topic: Bytes(topic), reference: reference, response: .none)
    }

    static func joinFailed(_ topic: String, _ reference: UInt64, _ outcome: PushOutcome) -> ChannelEffect {
        .joinFailed(topic: Bytes(topic), reference: reference, outcome)
    }

    static func closed(_ topic: String, _ joinReference: UInt64, _ kind: ChannelClosure.Kind) -> ChannelEffect {
        .closed(topic: Bytes(topic), joinReference: joinReference, kind, .none)
    }

    static func ended(_ topic: String, _ reference: UInt64, _ outcome: PushOutcome) -> ChannelEffect {
        .ended(topic: Bytes(topic), reference: reference, outcome)
    }
}

extension PushOutcome {
    static func status(_ status: String) -> PushOutcome { .reply(status: status, response: .none) }
}

func == (left: (Route, [ChannelEffect]), right: (Route, [ChannelEffect])) -> Bool {
    left.0 == right.0 && left.1 == right.1
}
