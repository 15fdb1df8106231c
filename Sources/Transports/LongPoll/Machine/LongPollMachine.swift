internal import PhoenixKit

/// One session on a long-poll server, from its token to its end: what to ask, what to make of the answers.
///
/// It knows neither network nor clock. There is at most one poll and one POST on their way, and nothing is ever sent a second
/// time. The end is final: a session that was lost is not taken up again, because what the server answered to a lost poll is
/// gone (hazard B21), and whatever is answered late concerns nobody.
struct LongPollMachine: Sendable {
    private enum Phase {
        case open
        /// Nothing more is accepted; what was goes out first.
        case closing(ConnectionClose)
        case ended
    }

    /// A request on its way.
    private struct Pending {
        let number: UInt64
        let began: Timestamp
        let limit: Duration
        /// What the messages of a POST count for.
        var size = 0

        /// When it counts as lost.
        var deadline: Timestamp { began + limit }
    }

    private let requests: RequestFactory
    private let limits: ConnectionLimits
    private let closeLimit: Duration
    private var phase = Phase.open
    private var token: Secret
    private var window: PollWindow
    private var queue = OutgoingQueue()
    private var poll: Pending?
    private var post: Pending?
    /// Whether the reader waits for something.
    private var isPulled = false
    private var last: UInt64 = 0

    /// Takes up the session that the server called `token`.
    ///
    /// Until the server has shown its window a request may take `pollDeadline`; once the connection closes, what waits may take
    /// `closeLimit` to go out.
    init(
        _ requests: RequestFactory,
        token: Secret,
        pollDeadline: Duration,
        closeLimit: Duration,
        limits: ConnectionLimits
    ) {
        self.requests = requests
        self.token = token
        self.limits = limits
        self.closeLimit = closeLimit
        window = PollWindow(initial: pollDeadline)
    }

    // MARK: What it is asked

    /// Whether writers may go on.
    var hasRoom: Bool { queue.outstanding <= max(0, limits.writeBuffer) }

    /// Whether messages are accepted.
    var isOpen: Bool { if case .open = phase { true } else { false } }

    /// Whether it is over.
    var hasEnded: Bool { if case .ended = phase { true } else { false } }

    /// When the first of the requests on their way counts as lost; nil where none is.
    var nextDeadline: Timestamp? {
        guard let poll, let post else { return (poll ?? post)?.deadline }
        return min(poll.deadline, post.deadline)
    }

    // MARK: What happened on this side

    /// The reader waits for frames.
    ///
    /// Only then the server is asked for some.
    mutating func pulled(at now: Timestamp, into orders: inout [LongPollOrder]) {
        isPulled = true
        startPoll(at: now, into: &orders)
    }

    /// The reader waits no more.
    ///
    /// A poll on its way stays: to end it would lose what the server answers it.
    mutating func pullCancelled() {
        isPulled = false
    }

    /// Messages are to be sent, after all earlier ones.
    mutating func written(_ messages: [OutgoingMessage], at now: Timestamp, into orders: inout [LongPollOrder]) {
        guard isOpen else { return }
        queue.append(messages)
        startPost(at: now, into: &orders)
    }

    /// Nothing more will be written.
    mutating func closed(code: UInt16, reason: String, at now: Timestamp, into orders: inout [LongPollOrder]) {
        guard isOpen else { return }
        phase = .closing(ConnectionClose(code: code, reason: reason, isLocal: true))
        if post == nil {
            finishClosing(isClean: true, into: &orders)
        } else {
            orders.append(.watchClosing(until: now + closeLimit))
        }
    }

    /// The moment of `watchClosing` has come.
    mutating func closingExpired(into orders: inout [LongPollOrder]) {
        finishClosing(isClean: false, into: &orders)
    }

    /// A writer has waited for room for too long.
    mutating func writeExpired(_ error: PhoenixError, into orders: inout [LongPollOrder]) {
        end(.failed(error), into: &orders)
    }

    /// The connection is given up on this side.
    mutating func abandoned(into orders: inout [LongPollOrder]) {
        end(.closed(ConnectionClose(code: nil, isLocal: true, isClean: false)), into: &orders)
    }

    /// Time has passed, perhaps the deadline of a request.
    mutating func timePassed(at now: Timestamp, into orders: inout [LongPollOrder]) {
        if let post, post.deadline <= now {
            postExpired(post.number, into: &orders)
        } else if let poll, poll.deadline <= now {
            pollExpired(poll.number, into: &orders)
        }
    }

    // MARK: What happened to a poll

    /// A poll was answered.
    mutating func pollAnswered(
        _ number: UInt64,
        _ response: HTTPResponse,
        at now: Timestamp,
        into orders: inout [LongPollOrder]
    ) {
        guard let poll, poll.number == number, !hasEnded else { return }
        self.poll = nil
        let answer: Answer
        do {
            answer = try self.answer(in: response, to: "a poll")
        } catch {
            return end(.failed(error), into: &orders)
        }
        switch answer.status {
        case 200, 204:
            if let new = answer.token, Opening.isToken(new) { token = Secret(new) }
            if answer.status == 204 { window.pollPassed(after: now - poll.began) }
            guard !answer.messages.isEmpty else { return startPoll(at: now, into: &orders) }
            isPulled = false
            orders.append(.deliver(InboundBatch(frames: answer.messages, arrival: now)))
        case 410:
            // The answer may name a new session, in which nothing is joined (hazard B24).
            let reason = "The server's long-poll session is gone."
            end(.closed(ConnectionClose(code: nil, reason: reason, isLocal: false)), into: &orders)
        case 403:
            end(
                .failed(
                    PhoenixError(
                        .upgradeRefused,
                        "The server's long-poll session is gone, and the socket refuses a new one (403). Check the token.",
                        cause: UpgradeRefusal(response, status: answer.status, limits: limits)
                    )
                ),
                into: &orders
            )
        case let status:
            end(
                .failed(
                    PhoenixError(
                        .transportProtocol,
                        "Expected messages in answer to a poll, got status \(status). The session is given up.",
                        cause: UpgradeRefusal(response, status: status, limits: limits)
                    )
                ),
                into: &orders
            )
        }
    }

    /// A poll came to nothing.
    mutating func pollFailed(_ number: UInt64, _ cause: PhoenixError, into orders: inout [LongPollOrder]) {
        guard let poll, poll.number == number else { return }
        end(
            .failed(
                PhoenixError(
                    cause.code,
                    "Expected an answer to a poll, got none: \(cause.message) What the server sent with it may be lost, "
                        + "so the session is given up.",
                    cause: cause
                )
            ),
            into: &orders
        )
    }

    /// The deadline of a poll has passed.
    mutating func pollExpired(_ number: UInt64, into orders: inout [LongPollOrder]) {
        guard let poll, poll.number == number else { return }
        end(
            .failed(
                PhoenixError(
                    .timeout,
                    "Expected an answer to a poll within \(poll.limit), got none. The session is given up. "
                        + "Check the network; where the server's window is longer than that, allow more."
                )
            ),
            into: &orders
        )
    }

    // MARK: What happened to a POST

    /// A POST was answered.
    mutating func postAnswered(
        _ number: UInt64,
        _ response: HTTPResponse,
        at now: Timestamp,
        into orders: inout [LongPollOrder]
    ) {
        guard let post, post.number == number, !hasEnded else { return }
        self.post = nil
        let answer: Answer
        do {
            answer = try self.answer(in: response, to: "a POST")
        } catch {
            return endUncertain(error.code, error.message, error.cause, into: &orders)
        }
        guard answer.status == 200 else {
            let code: PhoenixError.Code
            let words: String
            switch answer.status {
            case 408: (code, words) = (.timeout, "The server did not handle a POST within its window (408).")
            case 410: (code, words) = (.disconnected, "The server's long-poll session was gone when a POST came (410).")
            default: (code, words) = (.transportProtocol, "The server answered a POST with status \(answer.status).")
            }
            let refusal = UpgradeRefusal(response, status: answer.status, limits: limits)
            return endUncertain(code, words, refusal, into: &orders)
        }
        let hadRoom = hasRoom
        queue.acknowledge(post.size)
        if !hadRoom, hasRoom { orders.append(.makeRoom) }
        startPost(at: now, into: &orders)
        if self.post == nil { finishClosing(isClean: true, into: &orders) }
    }

    /// A POST came to nothing.
    mutating func postFailed(_ number: UInt64, _ cause: PhoenixError, into orders: inout [LongPollOrder]) {
        guard let post, post.number == number else { return }
        endUncertain(cause.code, "Expected an answer to a POST, got none: \(cause.message)", cause, into: &orders)
    }

    /// The deadline of a POST has passed.
    mutating func postExpired(_ number: UInt64, into orders: inout [LongPollOrder]) {
        guard let post, post.number == number else { return }
        endUncertain(.timeout, "Expected an answer to a POST within \(post.limit), got none.", nil, into: &orders)
    }

    // MARK: What follows from it

    private mutating func startPoll(at now: Timestamp, into orders: inout [LongPollOrder]) {
        guard isOpen, isPulled, poll == nil else { return }
        let limit = window.allowed
        let pending = Pending(number: nextNumber(), began: now, limit: limit)
        poll = pending
        orders.append(.poll(exchange(pending, requests.poll(token, within: limit))))
    }

    private mutating func startPost(at now: Timestamp, into orders: inout [LongPollOrder]) {
        guard !hasEnded, post == nil, let batch = queue.takeBatch() else { return }
        let limit = window.allowed
        let pending = Pending(number: nextNumber(), began: now, limit: limit, size: batch.size)
        post = pending
        orders.append(.post(exchange(pending, requests.post(batch, token, within: limit))))
    }

    private func exchange(_ pending: Pending, _ request: HTTPRequest) -> LongPollOrder.Exchange {
        LongPollOrder.Exchange(number: pending.number, request: request, deadline: pending.deadline)
    }

    private mutating func nextNumber() -> UInt64 {
        last += 1
        return last
    }

    private mutating func finishClosing(isClean: Bool, into orders: inout [LongPollOrder]) {
        guard case .closing(var close) = phase else { return }
        close.isClean = isClean
        end(.closed(close), into: &orders)
    }

    /// Ends with what became of a POST unknown: the server may have handled it, so it must not be sent again (hazard B25).
    private mutating func endUncertain(
        _ code: PhoenixError.Code,
        _ words: String,
        _ cause: (any Error)?,
        into orders: inout [LongPollOrder]
    ) {
        let advice = " What it carried may have been handled, and is not sent again; the session is given up."
        end(.failed(PhoenixError(code, words + advice, cause: cause)), into: &orders)
    }

    private mutating func end(_ ending: LongPollOrder.Ending, into orders: inout [LongPollOrder]) {
        guard !hasEnded else { return }
        phase = .ended
        poll = nil
        post = nil
        queue.clear()
        orders.append(.end(ending))
    }

    /// What the server says in `response`.
    ///
    /// - Throws: `.transportProtocol` when it is not the answer of a long-poll server, `.limitExceeded`.
    private func answer(in response: HTTPResponse, to request: String) throws(PhoenixError) -> Answer {
        guard response.status == 200 else {
            throw PhoenixError(
                .transportProtocol,
                "Expected the answer of a Phoenix long-poll server to \(request), got HTTP status \(response.status).",
                cause: UpgradeRefusal(response, limits: limits)
            )
        }
        do {
            return try Answer(response.body, messageLimit: limits.message)
        } catch {
            guard error.code == .decoding else { throw error }
            throw PhoenixError(
                .transportProtocol,
                "Expected the answer of a Phoenix long-poll server to \(request), got something else with HTTP status 200.",
                cause: UpgradeRefusal(response, limits: limits)
            )
        }
    }
}
