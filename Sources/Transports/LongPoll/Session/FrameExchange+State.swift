internal import PhoenixKit

extension FrameExchange {
    /// What is known of a connection, and who waits for what.
    struct State {
        var machine: LongPollMachine
        /// Frames that came while nobody waited: at most one batch, since the server is asked only when somebody does.
        var batch: InboundBatch?
        var ending: LongPollOrder.Ending?
        /// Whether `ending` has been handed over, so that nothing more comes.
        var isOver = false
        var reader: Reader?
        /// How often `next` was called, so that a late cancellation does not hit a later call.
        var calls: UInt64 = 0
        var writers: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var waits: UInt64 = 0
        /// Who waits for the end.
        var owner: CheckedContinuation<Void, Never>?
        /// The earliest moment that somebody watches for, never behind the deadline of a request on its way.
        var alarm: Timestamp?
    }

    /// A call of `next` that waits.
    struct Reader {
        let call: UInt64
        let continuation: CheckedContinuation<InboundEvent?, any Error>
    }

    /// What to do once the lock is free.
    struct Actions: Sendable {
        var poll: LongPollOrder.Exchange?
        var post: LongPollOrder.Exchange?
        var orders: [Order] = []
        var reader: (Reader, Result<InboundEvent?, any Error>)?
        var writers: [(CheckedContinuation<Void, any Error>, Result<Void, any Error>)] = []
        var owner: CheckedContinuation<Void, Never>?
    }
}

extension FrameExchange.State {
    /// Takes in what the machine ordered, and says what that comes to.
    mutating func apply(_ orders: [LongPollOrder]) -> FrameExchange.Actions {
        var actions = FrameExchange.Actions()
        for order in orders {
            switch order {
            case .poll(let exchange):
                actions.poll = exchange
                watch(for: exchange.deadline, &actions)
            case .post(let exchange):
                actions.post = exchange
                watch(for: exchange.deadline, &actions)
            case .watchClosing(let deadline): actions.orders.append(.watchClosing(until: deadline))
            case .deliver(let new):
                if let reader = takeReader() {
                    actions.reader = (reader, .success(.frames(new)))
                } else {
                    batch = new
                }
            case .makeRoom:
                actions.writers += takeWriters().map { ($0, .success(())) }
            case .end(let ending):
                self.ending = ending
                if let reader = takeReader() {
                    isOver = true
                    actions.reader = (reader, ending.event)
                }
                let failure = ending.failure
                actions.writers += takeWriters().map { ($0, .failure(failure)) }
                actions.owner = owner
                owner = nil
            }
        }
        return actions
    }

    /// Sees to it that somebody watches for `deadline`.
    ///
    /// Requests end long before theirs: one watch outlives many of them.
    mutating func watch(for deadline: Timestamp, _ actions: inout FrameExchange.Actions) {
        guard alarm.map({ deadline < $0 }) ?? true else { return }
        alarm = deadline
        actions.orders.append(.watch(until: deadline))
    }

    private mutating func takeReader() -> FrameExchange.Reader? {
        defer { reader = nil }
        return reader
    }

    private mutating func takeWriters() -> [CheckedContinuation<Void, any Error>] {
        defer { writers = [:] }
        return Array(writers.values)
    }
}

extension LongPollOrder.Ending {
    /// What the reader is told.
    var event: Result<InboundEvent?, any Error> {
        switch self {
        case .closed(let close): .success(.closed(close))
        case .failed(let error): .failure(error)
        }
    }

    /// What writers are told that waited for room.
    var failure: PhoenixError {
        switch self {
        case .closed: FrameExchange.disconnected
        case .failed(let error): error
        }
    }
}
