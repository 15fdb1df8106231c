public import PhoenixKit

/// What a channel does in answer to an event.
public struct EventOutcome: Sendable {
    enum Kind: Sendable {
        case noReply
        case reply(status: String, PayloadContent)
        case stop
        case stopReplying(status: String, PayloadContent)
        case crash
        indirect case blocking(Duration, then: Kind)
    }

    let kind: Kind

    /// Nothing, or not yet: a `ReplyToken` may answer later.
    public static let noReply = EventOutcome(kind: .noReply)

    /// A reply.
    ///
    /// Phoenix's own statuses are `ok` and `error`; any other works.
    public static func reply(_ status: String = "ok", _ response: PayloadContent = [:]) -> EventOutcome {
        EventOutcome(kind: .reply(status: status, response))
    }

    /// A reply with a payload as it was received.
    public static func reply(_ status: String, _ response: Payload) -> EventOutcome {
        EventOutcome(kind: .reply(status: status, .payload(response)))
    }

    /// The channel ends normally: the client gets `phx_close`.
    public static let stop = EventOutcome(kind: .stop)

    /// The channel replies and ends normally.
    public static func stopReplying(_ status: String = "ok", _ response: PayloadContent = [:]) -> EventOutcome {
        EventOutcome(kind: .stopReplying(status: status, response))
    }

    /// The channel crashes: the client gets `phx_error` and no reply.
    public static let crash = EventOutcome(kind: .crash)

    /// The channel is busy for `duration` before it does `then`.
    ///
    /// Its later messages wait; the socket goes on.
    public static func blocking(for duration: Duration, then outcome: EventOutcome) -> EventOutcome {
        EventOutcome(kind: .blocking(duration, then: outcome.kind))
    }
}
