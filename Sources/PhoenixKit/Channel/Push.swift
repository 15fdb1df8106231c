/// A push, a join or a leave on its way: ends exactly once, with an outcome that can be awaited, observed or ignored.
///
///     let reply = try await channel.push("new_msg", ["body": "hi"]).reply
///
/// What is sent goes out in the order in which it was asked for, per channel, from whatever thread. A push that the server may have got
/// is never sent again.
public final class Push: Sendable {
    /// The topic it was pushed to.
    public let topic: String
    /// The event; `phx_join` for a join and `phx_leave` for a leave.
    public let event: String
    /// How long it may take.
    let timeout: Duration
    /// By when it ends at the latest, on the socket's clock.
    let deadline: Timestamp
    let payload: Payload
    /// Its number among the pushes of its socket, from 1.
    let number: UInt64
    let promise = Promise<PushOutcome>()

    init(_ number: UInt64, _ topic: String, _ event: String, _ payload: Payload, timeout: Duration, from now: Timestamp)
    {
        self.number = number
        self.timeout = timeout
        deadline = now + timeout
        self.topic = topic
        self.event = event
        self.payload = payload
    }

    /// What it counts for in a buffer: the bytes of its payload and names.
    var size: Int { payload.bytes.count + topic.utf8.count + event.utf8.count }

    /// The outcome, when there is one already.
    public var settled: PushOutcome? { promise.settled }

    /// The outcome.
    ///
    /// It comes within the timeout that was given with the push. Any number of tasks may wait.
    ///
    /// - Throws: `.stopped` with a `CancellationError` as the cause when the waiting task is cancelled; the push itself goes on.
    public var outcome: PushOutcome {
        get async throws(PhoenixError) {
            guard let outcome = await promise.value() else { throw PhoenixError.waitCancelled }
            return outcome
        }
    }

    /// The response, when the server replies `ok`.
    ///
    /// - Throws: `.rejected` with a `Rejection` as the cause for any other reply; `.timeout`, `.disconnected`, `.channelClosed`, `.left`; the
    ///   error of a push that was refused, such as `.bufferFull`; `.stopped` when the waiting task is cancelled.
    @discardableResult
    public func response() async throws(PhoenixError) -> Payload {
        switch try await outcome {
        case .reply("ok", let response): return response
        case .reply(let status, let response):
            throw PhoenixError(
                .rejected,
                "Expected ok in reply to \(event) on \(topic), got the status \(status). The response says why.",
                cause: Rejection(status: status, response: response)
            )
        case .timeout:
            throw PhoenixError(
                .timeout,
                "Expected a reply to \(event) on \(topic) in time, got none. The server may have acted on it all the same."
            )
        case .channelClosed:
            throw PhoenixError(
                .channelClosed,
                "Expected a reply to \(event) on \(topic), but the channel closed first."
            )
        case .disconnected:
            throw PhoenixError(
                .disconnected,
                "Expected a reply to \(event) on \(topic), but the connection ended first. "
                    + "The server may have acted on it; it is not sent again."
            )
        case .left:
            throw PhoenixError(.left, "Expected a reply to \(event) on \(topic), but the channel was left first.")
        case .refused(let refusal): throw PhoenixError(refusal.code, refusal.message)
        }
    }

    /// The response, when the server replies `ok`: the same as `response()`.
    public var reply: Payload {
        get async throws(PhoenixError) { try await response() }
    }

    /// Calls `body` with the outcome, once: when it comes, or at once if it is there.
    @discardableResult
    public func onOutcome(
        on scheduler: CallbackScheduler = .driver,
        _ body: @escaping @Sendable (PushOutcome) -> Void
    ) -> Self {
        promise.observe { outcome in scheduler.run { body(outcome) } }
        return self
    }

    /// Calls `body` with the response if the server replies with `status`, as `receive` of phoenix.js.
    @discardableResult
    public func receive(
        _ status: String,
        on scheduler: CallbackScheduler = .driver,
        _ body: @escaping @Sendable (Payload) -> Void
    ) -> Self {
        onOutcome(on: scheduler) { outcome in
            if case .reply(status, let response) = outcome { body(response) }
        }
    }
}

/// A reply with another status than `ok`: the cause of a `.rejected`.
public struct Rejection: Error, Sendable, Hashable {
    /// The status; Phoenix's own is `error`.
    public var status: String
    /// What the server replied.
    public var response: Payload

    /// The `reason` of the response, where it has one, such as `unauthorized`.
    public var reason: String? { response["reason"]?.string }
}

extension PhoenixError {
    static var waitCancelled: PhoenixError {
        PhoenixError(.stopped, "The task that waited was cancelled.", cause: CancellationError())
    }
}
