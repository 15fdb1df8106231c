internal import Synchronization

/// Who is present on a channel, kept up to date for as long as this object lives.
///
///     let presence = lobby.presence()
///     presence.onChange { change in print(change) }
///     try await lobby.join().response()
///     print(presence.list.map(\.key))
///
/// Make it before the join, so that it misses nothing. Over a lost connection it keeps what it knows; after the next join it reports what has
/// changed meanwhile.
public final class ChannelPresence: Sendable {
    private struct Book {
        var state = PresenceState()
        var observers: [UInt64: @Sendable (PresenceChange) -> Void] = [:]
        var syncs: [UInt64: @Sendable () -> Void] = [:]
        var sequences: [UInt64: EventQueue<PresenceChange>] = [:]
        var last: UInt64 = 0
        var error: PhoenixError?
        /// Whether the last state or diff has been taken into the list.
        var hasSynced = false
        var isOver = false
    }

    private let ledger: Ledger
    private let end: @Sendable () -> Void

    /// What the subscription and this object share, so that the subscription does not keep the object alive.
    private final class Ledger: Sendable {
        let book = Mutex<Book>(Book())

        func joined() { book.withLock { $0.state.joined() } }

        func received(_ change: @Sendable (inout PresenceState) throws(PhoenixError) -> [PresenceChange]) {
            let (changes, book) = book.withLock { book in
                var changes: [PresenceChange] = []
                do throws(PhoenixError) {
                    changes = try change(&book.state)
                    book.hasSynced = !book.state.isPending
                } catch {
                    book.error = error
                    book.hasSynced = false
                }
                return (changes, book)
            }
            for change in changes {
                for (_, observer) in book.observers.sorted(by: { $0.key < $1.key }) { observer(change) }
                for queue in book.sequences.values { queue.add(change) }
            }
            guard book.hasSynced else { return }
            for (_, sync) in book.syncs.sorted(by: { $0.key < $1.key }) { sync() }
        }

        func finish() {
            let queues = book.withLock { book in
                defer { book.sequences = [:] }
                book.isOver = true
                return Array(book.sequences.values)
            }
            for queue in queues { queue.finish() }
        }

        func remove(_ number: UInt64) {
            book.withLock { book in
                book.observers[number] = nil
                book.syncs[number] = nil
                book.sequences[number] = nil
            }
        }
    }

    init(_ channel: PhoenixChannel, state: String, diff: String) {
        let ledger = Ledger()
        self.ledger = ledger
        let (stateEvent, diffEvent) = (Bytes(state), Bytes(diff))
        let sink = Sink(
            event: nil,
            endsWithChannel: false,
            joined: { ledger.joined() },
            end: { ledger.finish() }
        ) { message in
            if message.eventBytes == diffEvent {
                ledger.received { state throws(PhoenixError) in try state.diffReceived(message.payload) }
            } else if message.eventBytes == stateEvent {
                ledger.received { state throws(PhoenixError) in try state.stateReceived(message.payload) }
            }
        }
        let subscription = channel.hub.subscribe(channel.key, sink)
        end = {
            subscription.cancel()
            ledger.finish()
        }
    }

    deinit { end() }

    /// Who is present, in the order of their keys.
    public var list: [Presence] { ledger.book.withLock { $0.state.list } }

    /// The presence of `key`.
    public subscript(key: String) -> Presence? { ledger.book.withLock { $0.state[key] } }

    /// Whether the state of the present join is still to come.
    public var isPending: Bool { ledger.book.withLock { $0.state.isPending } }

    /// What was wrong with the last state or diff that could not be used; nil when none was.
    public var lastError: PhoenixError? { ledger.book.withLock { $0.error } }

    /// Calls `body` with every change from now on, joins before leaves.
    @discardableResult
    public func onChange(
        on scheduler: CallbackScheduler = .driver,
        buffer: EventBuffer = EventBuffer(),
        _ body: @escaping @Sendable (PresenceChange) -> Void
    ) -> Subscription {
        let cancellation = Cancellation()
        let deliver = scheduler.inOrder(buffer) { change in if !cancellation.isCancelled { body(change) } }
        let number = ledger.book.withLock { book in
            book.last += 1
            book.observers[book.last] = deliver
            return book.last
        }
        return Subscription(cancellation) { [ledger] in ledger.remove(number) }
    }

    /// Calls `body` after every state and every diff that went into the list, whatever it changed, as `onSync` of phoenix.js.
    ///
    /// Its changes have been told before. A diff that comes before the state of its join waits for that.
    @discardableResult
    public func onSync(
        on scheduler: CallbackScheduler = .driver,
        _ body: @escaping @Sendable () -> Void
    ) -> Subscription {
        let cancellation = Cancellation()
        // Where the scheduler is slow, one call stands for several.
        let deliver = scheduler.inOrder(EventBuffer(limit: 1)) { (_: Bool) in
            if !cancellation.isCancelled { body() }
        }
        let number = ledger.book.withLock { book in
            book.last += 1
            book.syncs[book.last] = { deliver(true) }
            return book.last
        }
        return Subscription(cancellation) { [ledger] in ledger.remove(number) }
    }

    /// The changes from now on, joins before leaves; ends when the socket is over or this object is gone.
    public func changes(buffer: EventBuffer = EventBuffer()) -> EventSequence<PresenceChange> {
        let queue = EventQueue<PresenceChange>(buffer)
        let (number, isOver) = ledger.book.withLock { book in
            book.last += 1
            if !book.isOver { book.sequences[book.last] = queue }
            return (book.last, book.isOver)
        }
        if isOver { queue.finish() }
        return EventSequence(queue: queue, lease: EventSequence.Lease { [ledger] in ledger.remove(number) })
    }
}

extension PhoenixChannel {
    /// Keeps track of who is present, for as long as the returned object lives.
    ///
    /// - Parameters:
    ///   - state: the event of the whole state, as the server names it.
    ///   - diff: the event of changes, as the server names it.
    /// - Returns: the presence; hold on to it.
    public func presence(state: String = "presence_state", diff: String = "presence_diff") -> ChannelPresence {
        ChannelPresence(self, state: state, diff: diff)
    }
}
