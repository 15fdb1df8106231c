internal import PhoenixKit
internal import Synchronization

/// Both halves of a connection: what was received and nobody has pulled, and who waits for what.
///
/// All decisions are the machine's, made under one lock; what it orders is done outside.
final class FrameExchange: Sendable {
    /// What is to be done by the owner of the connection.
    enum Order: Sendable {
        case poll(LongPollOrder.Exchange)
        case post(LongPollOrder.Exchange)
        case watchClosing(until: Timestamp)
    }

    /// What to do, in order; at most a poll, a POST and an alarm wait here.
    let orders: AsyncStream<Order>

    private let feed: AsyncStream<Order>.Continuation
    let state: Mutex<State>
    let clock: any PhoenixClock
    let limits: ConnectionLimits
    let writeLimit: Duration
    let isLineBatchable: Bool

    init(_ machine: LongPollMachine, _ request: ConnectionRequest) {
        state = Mutex(State(machine: machine))
        (orders, feed) = AsyncStream.makeStream()
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
            case .expired: machine.pollExpired(number, into: &orders)
            case .cancelled: break
            }
        }
    }

    func postEnded(_ number: UInt64, _ outcome: ExchangeOutcome) {
        change { machine, now, orders in
            switch outcome {
            case .answered(let response): machine.postAnswered(number, response, at: now, into: &orders)
            case .failed(let error): machine.postFailed(number, error, into: &orders)
            case .expired: machine.postExpired(number, into: &orders)
            case .cancelled: break
            }
        }
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
        for order in actions.orders { feed.yield(order) }
        if let (reader, result) = actions.reader { reader.continuation.resume(with: result) }
        for (writer, result) in actions.writers { writer.resume(with: result) }
        actions.owner?.resume()
    }
}
