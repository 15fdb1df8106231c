/// What a subscriber gets of a socket or a channel, in order, as an async sequence.
///
/// It begins with the call that made it, holds at most what its `EventBuffer` says, and counts what it had to drop. It ends when what it
/// listens to is over: the channel left or closed, the socket stopped; a lost connection is no end. Iterate it once: two loops over the
/// same sequence share its elements. Leaving the loop ends the subscription.
public struct EventSequence<Element: Sendable>: AsyncSequence, Sendable {
    let queue: EventQueue<Element>
    let lease: Lease

    /// How many elements were dropped so far because the buffer was full.
    public var dropped: Int { queue.dropped }

    public func makeAsyncIterator() -> Iterator {
        Iterator(queue: queue, lease: lease)
    }

    /// Takes all that waits at once, and gives it out one by one.
    public struct Iterator: AsyncIteratorProtocol {
        @usableFromInline let queue: EventQueue<Element>
        let lease: Lease
        /// What has been taken and not been given out, the next one last.
        @usableFromInline var batch: [Element] = []

        init(queue: EventQueue<Element>, lease: Lease) {
            self.queue = queue
            self.lease = lease
        }

        /// The next element; nil at the end and when the task is cancelled.
        @inlinable
        public mutating func next() async -> Element? {
            await next(isolation: nil)
        }

        /// The same: it needs no actor.
        @inlinable
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
            if batch.isEmpty {
                batch = await queue.takeAll()
                batch.reverse()
            }
            return batch.popLast()
        }
    }

    /// Ends the subscription when nobody iterates any more.
    final class Lease: Sendable {
        private let end: @Sendable () -> Void

        init(_ end: @escaping @Sendable () -> Void) {
            self.end = end
        }

        deinit { end() }
    }
}

/// The messages of one event, decoded.
///
/// A payload that does not decode is thrown; the iterator may be asked for the next one all the same.
public struct DecodedEvents<Value: Decodable & Sendable>: AsyncSequence, Sendable {
    public typealias Element = Value
    let messages: EventSequence<Message>

    /// How many messages were dropped so far because the buffer was full.
    public var dropped: Int { messages.dropped }

    public func makeAsyncIterator() -> Iterator {
        Iterator(messages: messages.makeAsyncIterator())
    }

    /// Decodes the messages one by one, as they are asked for.
    public struct Iterator: AsyncIteratorProtocol {
        var messages: EventSequence<Message>.Iterator

        /// The next value; nil at the end and when the task is cancelled.
        ///
        /// - Throws: `PhoenixError` with the code `.decoding`.
        public mutating func next() async throws -> Value? {
            try await messages.next()?.payload.decode(Value.self)
        }
    }
}
