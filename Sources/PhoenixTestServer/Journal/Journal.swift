public import PhoenixKit
private import Synchronization

/// What the server received and sent, in order, for tests to hold a client's account against.
///
/// Bounded: the oldest entries go first, and `dropped` counts them. Safe to read from any thread.
public final class Journal: Sendable {
    /// How much a journal keeps.
    public struct Limits: Sendable, Hashable {
        /// Entries kept; 0 switches the journal off.
        ///
        /// Default: 10,000.
        public var entries = 10_000
        /// Bytes of payloads kept.
        ///
        /// Default: 64 MB.
        public var bytes = 64_000_000

        /// Limits of these numbers.
        public init(entries: Int = 10_000, bytes: Int = 64_000_000) {
            self.entries = entries
            self.bytes = bytes
        }
    }

    private struct Waiter {
        var matches: @Sendable (JournalEntry) -> Bool
        var resume: CheckedContinuation<JournalEntry?, Never>
    }

    private struct State {
        var entries = Queue<JournalEntry>()
        var bytes = 0
        var count = 0
        var waiters: [Int: Waiter] = [:]
        var lastWaiter = 0
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(limits: Limits) {
        self.limits = limits
    }

    /// The entries kept, oldest first.
    public var entries: [JournalEntry] {
        state.withLock { $0.entries.elements }
    }

    /// How many entries there have been, dropped ones included.
    public var count: Int { state.withLock { $0.count } }

    /// How many entries have been dropped because the journal was full.
    public var dropped: Int { state.withLock { $0.count - $0.entries.count } }

    /// The messages received, optionally only those of a topic, an event or a connection.
    public func received(topic: String? = nil, event: String? = nil, connection: UInt64? = nil) -> [Message] {
        messages(.received, topic, event, connection)
    }

    /// The messages sent, optionally only those of a topic, an event or a connection.
    public func sent(topic: String? = nil, event: String? = nil, connection: UInt64? = nil) -> [Message] {
        messages(.sent, topic, event, connection)
    }

    /// Forgets all entries.
    ///
    /// The numbers go on.
    public func clear() {
        state.withLock {
            $0.entries.removeAll()
            $0.bytes = 0
        }
    }

    private func messages(
        _ kind: JournalEntry.Kind,
        _ topic: String?,
        _ event: String?,
        _ connection: UInt64?
    )
        -> [Message]
    {
        entries.compactMap { entry in
            guard entry.kind == kind, let message = entry.message, connection == nil || entry.connection == connection,
                topic == nil || message.topic == topic, event == nil || message.event == event
            else { return nil }
            return message
        }
    }

    // MARK: Waiting

    /// The first entry that `matches`, of those kept or those to come.
    ///
    /// - Parameters:
    ///   - deadline: how long to wait for it.
    ///   - clock: what the deadline is measured on; the system's clock, even where the server runs on another.
    ///   - matches: whether an entry is the one.
    /// - Returns: the entry.
    /// - Throws: `PhoenixError` with `.timeout`; `CancellationError`.
    public func wait(
        atMost deadline: Duration = .seconds(10),
        on clock: any PhoenixClock = SystemClock(),
        for matches: @escaping @Sendable (JournalEntry) -> Bool
    ) async throws -> JournalEntry {
        let end = clock.now + deadline
        let found = try await withThrowingTaskGroup(of: JournalEntry?.self) { group in
            group.addTask { await self.first(matching: matches) }
            group.addTask {
                try await clock.sleep(until: end)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        try Task.checkCancellation()
        guard let found else {
            throw PhoenixError(
                .timeout,
                "Expected an entry in the server's journal within \(deadline), got none among \(count) entries. "
                    + "Look at journal.entries to see what came instead."
            )
        }
        return found
    }

    /// The first message of this kind, topic and event, of those kept or those to come.
    ///
    /// Throws as `wait(atMost:on:for:)`.
    public func wait(
        atMost deadline: Duration = .seconds(10),
        for kind: JournalEntry.Kind,
        topic: String? = nil,
        event: String? = nil
    ) async throws -> JournalEntry {
        try await wait(atMost: deadline) { entry in
            entry.kind == kind && (topic == nil || entry.message?.topic == topic)
                && (event == nil || entry.message?.event == event)
        }
    }

    /// Returns nil when the task is cancelled.
    private func first(matching matches: @escaping @Sendable (JournalEntry) -> Bool) async -> JournalEntry? {
        let number = state.withLock {
            $0.lastWaiter += 1
            return $0.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // The waiter is registered before the entries are looked through, so that none slips through between
                // the two; whoever removes it resumes it. A cancellation that came first has found no waiter.
                let present = state.withLock { state -> [JournalEntry]? in
                    state.waiters[number] = Waiter(matches: matches, resume: continuation)
                    return Task.isCancelled ? nil : state.entries.elements
                }
                guard let present else { return finish(number, with: nil) }
                if let entry = present.first(where: matches) { finish(number, with: entry) }
            }
        } onCancel: {
            finish(number, with: nil)
        }
    }

    private func finish(_ waiter: Int, with entry: JournalEntry?) {
        state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume.resume(returning: entry)
    }

    // MARK: Writing

    func record(
        _ kind: JournalEntry.Kind,
        at time: Timestamp,
        connection: UInt64? = nil,
        transport: String? = nil,
        message: Message? = nil,
        frame: Frame? = nil,
        code: UInt16? = nil,
        status: Int? = nil,
        isLocal: Bool = false,
        note: String? = nil
    ) {
        guard limits.entries > 0 else { return }
        let (entry, waiters) = state.withLock { state -> (JournalEntry, [Int: Waiter]) in
            state.count += 1
            let entry = JournalEntry(
                number: state.count,
                time: time,
                kind: kind,
                connection: connection,
                transport: transport,
                message: message,
                frame: frame,
                code: code,
                status: status,
                isLocal: isLocal,
                note: note
            )
            state.entries.append(entry)
            state.bytes += Self.size(of: entry)
            while state.entries.count > limits.entries || (state.bytes > limits.bytes && state.entries.count > 1) {
                guard let oldest = state.entries.popFirst() else { break }
                state.bytes -= Self.size(of: oldest)
            }
            return (entry, state.waiters)
        }
        for (number, waiter) in waiters where waiter.matches(entry) { finish(number, with: entry) }
    }

    private static func size(of entry: JournalEntry) -> Int {
        (entry.message?.payload.bytes.count ?? 0) + (entry.frame?.bytes.count ?? 0)
    }
}
