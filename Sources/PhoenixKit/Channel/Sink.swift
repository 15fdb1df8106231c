internal import Synchronization

/// Somewhere that messages go: a callback or a sequence.
///
/// Identity is what it is removed by.
final class Sink: Sendable {
    /// Only messages of this event; nil for all.
    let event: Bytes?
    /// Whether it ends with its channel, as sequences do.
    let endsWithChannel: Bool
    let cancellation: Cancellation
    /// Called when the channel has been joined, or joined again.
    let joined: (@Sendable () -> Void)?
    private let take: @Sendable (Message) -> Void
    private let end: @Sendable () -> Void

    init(
        event: Bytes?,
        endsWithChannel: Bool,
        cancellation: Cancellation = Cancellation(),
        joined: (@Sendable () -> Void)? = nil,
        end: @escaping @Sendable () -> Void = {},
        take: @escaping @Sendable (Message) -> Void
    ) {
        self.event = event
        self.endsWithChannel = endsWithChannel
        self.cancellation = cancellation
        self.joined = joined
        self.end = end
        self.take = take
    }

    func wants(_ event: Bytes) -> Bool {
        self.event.map { $0 == event } ?? true
    }

    func deliver(_ message: Message) {
        if !cancellation.isCancelled { take(message) }
    }

    func finish() { end() }
}

/// Whether a subscription has been taken back.
final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    var isCancelled: Bool { flag.load(ordering: .acquiring) }

    /// Cancels; false when it was cancelled before.
    func cancel() -> Bool {
        !flag.exchange(true, ordering: .acquiringAndReleasing)
    }
}

extension Sink {
    /// A sink that calls `body` on `scheduler`, in order and one call at a time.
    ///
    /// On a scheduler other than the driver, messages wait in a buffer of their own.
    static func calling(
        event: Bytes?,
        on scheduler: CallbackScheduler,
        buffer: EventBuffer,
        metrics: SocketMetrics?,
        _ body: @escaping @Sendable (Message) -> Void
    ) -> Sink {
        let cancellation = Cancellation()
        guard scheduler.submit != nil else {
            return Sink(event: event, endsWithChannel: false, cancellation: cancellation, take: body)
        }
        let deliver = scheduler.inOrder(buffer, metrics) { message in
            if !cancellation.isCancelled { body(message) }
        }
        return Sink(event: event, endsWithChannel: false, cancellation: cancellation) { deliver($0.compacted()) }
    }
}

extension CallbackScheduler {
    /// What hands each element to `body` on this scheduler, in order and one at a time.
    ///
    /// One piece of work is on its way at a time and takes all that waits, since schedulers need not keep the order of several.
    func inOrder<Element: Sendable>(
        _ buffer: EventBuffer,
        _ metrics: SocketMetrics? = nil,
        _ body: @escaping @Sendable (Element) -> Void
    ) -> @Sendable (Element) -> Void {
        guard let submit else { return body }
        let queue = EventQueue<Element>(buffer, metrics: metrics)
        return { element in
            guard queue.addForScheduling(element) else { return }
            submit {
                while true {
                    let batch = queue.takeScheduled()
                    if batch.isEmpty { return }
                    for element in batch { body(element) }
                }
            }
        }
    }
}
