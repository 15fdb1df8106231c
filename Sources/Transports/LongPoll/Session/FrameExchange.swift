internal import PhoenixKit
internal import Synchronization

/// Both halves of a connection: what was received and nobody has pulled, and who waits for what.
///
/// All decisions are the machine's, made under one lock; what it orders is done outside.
final class FrameExchange: Sendable {
    /// What is to be done by the owner of the connection, but for the requests.
    enum Order: Sendable {
        case watch(until: Timestamp)
        case watchClosing(until: Timestamp)
        /// End the requests, then do this.
        case giveUp(Actions)
    }

    /// What to do, in order.
    let orders: AsyncStream<Order>
    /// The polls to send; there is never a second one before the first is answered.
    let polls: AsyncStream<LongPollOrder.Exchange>
    /// The POSTs to send, likewise.
    let posts: AsyncStream<LongPollOrder.Exchange>

    private let feed: AsyncStream<Order>.Continuation
    private let pollFeed: AsyncStream<LongPollOrder.Exchange>.Continuation
    private let postFeed: AsyncStream<LongPollOrder.Exchange>.Continuation
    let state: Mutex<State>
    let clock: any PhoenixClock
    let limits: ConnectionLimits
    let writeLimit: Duration
    let isLineBatchable: Bool

    init(_ machine: LongPollMachine, _ request: ConnectionRequest) {
        state = Mutex(State(machine: machine))
        (orders, feed) = AsyncStream.makeStream()
        (polls, pollFeed) = AsyncStream.makeStream()
        (posts, postFeed) = AsyncStream.makeStream()
        clock = request.clock
        limits = request.limits
        writeLimit = request.deadlines.write
        isLineBatchable = request.serializer.isLineBatchable
    }

    // MARK: The owner's side

    func pollEnded(_ number: UInt64, _ outcome: ExchangeOutcome) {
        change { machine, now, orders in
            switch outcome {
            case .answered(let response): machine.pollAnswered(number, response, at: now, into: &orders)
            case .failed(let error): machine.pollFailed(number, error, into: &orders)
            case .expired, .cancelled: break
            }
        }
    }

    func postEnded(_ number: UInt64, _ outcome: ExchangeOutcome) {
        change { machine, now, orders in
            switch outcome {
            case .answered(let response): machine.postAnswered(number, response, at: now, into: &orders)
            case .failed(let error): machine.postFailed(number, error, into: &orders)
            case .expired, .cancelled: break
            }
        }
    }

    /// The moment of a watch has come.
    ///
    /// Where a request is lost the connection is over from here on; who waits learns of it when the requests have ended.
    func alarmRang(at deadline: Timestamp) {
        let now = clock.now
        let (actions, isOver) = state.withLock { state -> (Actions, Bool) in
            // Another watch took the place of one that is too late.
            guard state.alarm == deadline else { return (Actions(), false) }
            state.alarm = nil
            var orders: [LongPollOrder] = []
            state.machine.timePassed(at: now, into: &orders)
            var actions = state.apply(orders)
            if let next = state.machine.nextDeadline { state.watch(for: next, &actions) }
            return (actions, !orders.isEmpty)
        }
        if isOver, case .enqueued = feed.yield(.giveUp(actions)) { return }
        perform(actions)
    }

    func closingExpired() {
        change { machine, _, orders in machine.closingExpired(into: &orders) }
    }

    /// Gives the connection up at once.
    func abandon() {
        change { machine, _, orders in machine.abandoned(into: &orders) }
    }

    /// Waits until the connection has ended, which something else must see to.
    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if state.machine.hasEnded { return true }
                state.owner = continuation
                return false
            }
            if hasEnded { continuation.resume() }
        }
    }

    // MARK: Changes

    /// Tells the machine something and does what it orders.
    func change(
        _ body: (inout LongPollMachine, Timestamp, inout [LongPollOrder]) -> Void
    ) {
        let now = clock.now
        let actions = state.withLock { state in
            var orders: [LongPollOrder] = []
            body(&state.machine, now, &orders)
            return state.apply(orders)
        }
        perform(actions)
    }

    func perform(_ actions: Actions) {
        if let poll = actions.poll { pollFeed.yield(poll) }
        if let post = actions.post { postFeed.yield(post) }
        for order in actions.orders { feed.yield(order) }
        if let (reader, result) = actions.reader { reader.continuation.resume(with: result) }
        for (writer, result) in actions.writers { writer.resume(with: result) }
        actions.owner?.resume()
    }
}
