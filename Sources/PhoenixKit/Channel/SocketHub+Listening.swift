extension SocketHub {
    /// Adds a subscriber to a channel, or to all of them; to a socket that is over it adds nothing.
    func subscribe(_ topic: Bytes?, _ sink: Sink) -> Subscription {
        if !post(.subscribe(topic: topic, sink)) { sink.finish() }
        return Subscription(sink.cancellation) { [self] in post(.unsubscribe(topic: topic, sink)) }
    }

    /// Calls `body` with the messages of a channel, or of all of them, in order and one at a time.
    func listen(
        _ topic: Bytes?,
        event: Bytes?,
        on scheduler: CallbackScheduler,
        buffer: EventBuffer,
        _ body: @escaping @Sendable (Message) -> Void
    ) -> Subscription {
        let metrics = settings.client.metrics
        return subscribe(topic, .calling(event: event, on: scheduler, buffer: buffer, metrics: metrics, body))
    }

    /// The messages of a channel, or of all of them, as a sequence.
    func sequence(_ topic: Bytes?, event: Bytes?, buffer: EventBuffer) -> EventSequence<Message> {
        let queue = EventQueue<Message>(buffer, metrics: settings.client.metrics)
        let sink = Sink(event: event, endsWithChannel: topic != nil, end: { queue.finish() }) { [wakeList] message in
            if queue.addForWaking(message.compacted()) { wakeList.add { queue.wake() } }
        }
        if !post(.subscribe(topic: topic, sink)) { sink.finish() }
        return EventSequence(
            queue: queue,
            lease: EventSequence.Lease { [self] in
                if sink.cancellation.cancel() { post(.unsubscribe(topic: topic, sink)) }
            }
        )
    }
}
