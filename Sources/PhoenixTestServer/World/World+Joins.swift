internal import PhoenixKit

/// Joins, which run in the socket's process and block it.
extension World {
    func join(_ message: Message, on socket: SocketState) {
        if adapter == .cowboy, let old = socket.channels[message.topicBytes] { hastenLeave(of: old) }
        if let old = socket.channels.removeValue(forKey: message.topicBytes) {
            // The old channel is shut down at once; its close is sent after the answer to the new join.
            terminate(old)
            flushPresences()
            if let (frame, close) = try? encoded(closing: old) { mail(.push(frame, close), to: socket) }
        }
        guard let route = socket.route.channel(for: message.topicBytes) else {
            return answerUnmatched(message, on: socket)
        }
        guard socket.channels.count < limits.channelsPerSocket else {
            return refuse(message, ["reason": "too many channels joined"], on: socket)
        }
        let channel = ChannelState(
            number: nextChannelNumber(),
            topic: message.topicBytes.compacted(),
            joinReference: message.joinReference,
            route: route,
            socket: socket
        )
        // What the join asks for waits until the join has been answered.
        channel.isBusy = true
        do {
            let context = ChannelContext(world: self, channel: channel, isJoining: true)
            conclude(try route.join(context, message.payload).kind, of: message, for: channel)
        } catch {
            conclude(.crash, of: message, for: channel)
        }
    }

    func joinResumed(_ channel: ChannelState, _ message: Message, _ outcome: JoinOutcome.Kind) {
        let socket = channel.socket
        guard !socket.isClosed else { return }
        socket.isBlocked = false
        socket.lastInbound = now
        conclude(outcome, of: message, for: channel)
        let waiting = socket.inbox
        socket.inbox = []
        for event in waiting {
            if socket.isClosed { return }
            if socket.isBlocked { socket.inbox.append(event) } else { handle(event, on: socket) }
        }
        guard !socket.isClosed, !socket.isBlocked else { return }
        handedIn(on: socket)
        if !socket.isCongested { setReading(true, of: socket) }
        deliverMail(to: socket)
    }

    private func conclude(_ outcome: JoinOutcome.Kind, of message: Message, for channel: ChannelState) {
        let socket = channel.socket
        switch outcome {
        case .ok(let response):
            socket.channels[channel.topic] = channel
            channel.isSubscribed = true
            topics.subscribe(channel)
            reply(to: message, joinReference: message.joinReference, response, on: socket)
            channel.isBusy = false
            let waiting = channel.queue
            channel.queue = []
            for work in waiting { enqueue(work, for: channel) }
        case .error(let response):
            channel.isEnded = true
            refuse(message, response, on: socket)
        case .crash:
            channel.isEnded = true
            refuse(message, ["reason": "join crashed"], on: socket)
        case .blocking(let duration, let next):
            socket.isBlocked = true
            if !socket.isCongested { setReading(false, of: socket) }
            schedule(.finishJoin(channel, message, next), after: duration)
        }
    }

    private func refuse(_ message: Message, _ response: PayloadContent, on socket: SocketState) {
        reply(to: message, joinReference: message.joinReference, status: "error", response, on: socket)
    }
}
