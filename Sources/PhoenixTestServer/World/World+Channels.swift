internal import PhoenixKit

/// The channels' processes: what they do with messages, and how they end.
extension World {
    /// Hands work from the socket to a channel.
    func hand(_ work: ChannelState.Work, to channel: ChannelState) {
        switch scheduling {
        case .prompt: take(work, for: channel)
        case .deferred: enqueue(work, for: channel)
        }
    }

    /// Does work, or lets it wait until the channel is free.
    func take(_ work: ChannelState.Work, for channel: ChannelState) {
        guard !channel.isEnded else { return }
        guard !channel.isBusy else {
            if channel.queue.count >= limits.channelQueue { crash(channel) } else { channel.queue.append(work) }
            return
        }
        let context = ChannelContext(world: self, channel: channel, isJoining: false)
        do {
            switch work {
            case .step(let step):
                try step(context)
            case .message(let message) where message.eventBytes == Message.Name.leave:
                conclude(.stopReplying(status: "ok", [:]), of: message, for: channel)
            case .message(let message):
                guard let handler = channel.route.events[message.eventBytes] ?? channel.route.anyEvent else {
                    crash(channel)
                    break
                }
                channel.current = message
                defer { channel.current = nil }
                let outcome = try handler(context, message).kind
                conclude(outcome, of: message, for: channel)
            }
        } catch {
            crash(channel)
        }
        flushPresences()
    }

    func eventResumed(_ channel: ChannelState, _ message: Message, _ outcome: EventOutcome.Kind) {
        guard !channel.isEnded else { return }
        channel.isBusy = false
        conclude(outcome, of: message, for: channel)
        flushPresences()
        let waiting = channel.queue
        channel.queue = []
        for work in waiting { take(work, for: channel) }
    }

    private func conclude(_ outcome: EventOutcome.Kind, of message: Message, for channel: ChannelState) {
        switch outcome {
        case .noReply:
            break
        case .reply(let status, let response):
            mailReply(to: message, status: status, response, from: channel)
        case .stop:
            stop(channel)
        case .stopReplying(let status, let response):
            mailReply(to: message, status: status, response, from: channel)
            if !channel.isEnded { stop(channel) }
        case .crash:
            crash(channel)
        case .blocking(let duration, let next):
            channel.isBusy = true
            schedule(.finishEvent(channel, message, next), after: duration)
        }
    }

    /// Puts a reply into the socket's mailbox.
    ///
    /// One that cannot be encoded crashes the channel.
    func mailReply(to message: Message, status: String, _ response: PayloadContent, from channel: ChannelState) {
        let reply = Reply(
            joinReference: channel.joinReference,
            reference: message.reference,
            topic: channel.topic,
            status: status
        )
        do {
            try mail(reply, response, to: channel.socket)
        } catch {
            crash(channel)
        }
    }

    /// What identifies a reply.
    struct Reply: Sendable {
        var joinReference: Reference?
        var reference: Reference?
        var topic: Bytes
        var status: String
    }

    func mail(_ reply: Reply, _ response: PayloadContent, to socket: SocketState) throws {
        let message = Message(
            joinReference: reply.joinReference,
            reference: reply.reference,
            topicBytes: reply.topic,
            eventBytes: Message.Name.reply,
            status: reply.status,
            payload: try response.encode(in: socket.serializer.payloadFormat)
        )
        mail(.push(try socket.serializer.encode(message, as: .server), message), to: socket)
    }

    func push(_ event: String, _ content: PayloadContent, from channel: ChannelState) throws {
        let socket = channel.socket
        let message = Message(
            joinReference: channel.joinReference,
            reference: nil,
            topicBytes: channel.topic,
            eventBytes: Bytes(event),
            payload: try content.encode(in: socket.serializer.payloadFormat)
        )
        mail(.push(try socket.serializer.encode(message, as: .server), message), to: socket)
    }

    /// Sends to all subscribers of a topic, in the order in which they joined, encoding once for each serializer.
    ///
    /// Throws at the first subscriber whose serializer cannot say it; those before it have it then, those after do not,
    /// as with Phoenix's fastlane.
    func broadcast(_ topic: Bytes, _ event: String, _ content: PayloadContent, except: ChannelState? = nil) throws {
        var encoded: [String: (Frame, Message)] = [:]
        for channel in topics[topic] where channel !== except {
            let serializer = channel.socket.serializer
            let known = encoded[serializer.version]
            let (frame, message): (Frame, Message)
            if let known {
                (frame, message) = known
            } else {
                message = Message(
                    joinReference: nil,
                    reference: nil,
                    topicBytes: topic,
                    eventBytes: Bytes(event),
                    payload: try content.encode(in: serializer.payloadFormat)
                )
                frame = try serializer.encode(message, as: .server)
                encoded[serializer.version] = (frame, message)
            }
            mail(.push(frame, message), to: channel.socket)
        }
    }

    // MARK: Ends

    private func stop(_ channel: ChannelState) {
        terminate(channel)
        mail(.channelEnded(channel), to: channel.socket)
    }

    func crash(_ channel: ChannelState) {
        guard !channel.isEnded else { return }
        channel.hasCrashed = true
        stop(channel)
    }

    /// The channel's process ends.
    ///
    /// The socket learns of it by mail.
    func terminate(_ channel: ChannelState) {
        guard !channel.isEnded else { return }
        channel.isEnded = true
        channel.queue.removeAll()
        if channel.isSubscribed { topics.unsubscribe(channel) }
        presences.forget(channel)
        if let step = channel.route.terminate {
            // What fails here fails alone: the channel has ended already.
            try? step(ChannelContext(world: self, channel: channel, isJoining: false))
        }
    }

    /// The socket learns that a channel has ended, and tells the client.
    func forget(_ channel: ChannelState) {
        let socket = channel.socket
        guard socket.channels[channel.topic] === channel else { return }
        socket.channels[channel.topic] = nil
        if let (frame, message) = try? encoded(closing: channel) { send(frame, message, on: socket) }
    }

    /// `phx_close`, or `phx_error` of a channel that crashed.
    ///
    /// Its reference is that of the join.
    func encoded(closing channel: ChannelState) throws -> (Frame, Message) {
        let serializer = channel.socket.serializer
        let content: PayloadContent = channel.hasCrashed ? ["reason": "channel_crash"] : [:]
        let message = Message(
            joinReference: channel.joinReference,
            reference: channel.joinReference,
            topicBytes: channel.topic,
            eventBytes: channel.hasCrashed ? Message.Name.error : Message.Name.close,
            payload: try content.encode(in: serializer.payloadFormat)
        )
        return (try serializer.encode(message, as: .server), message)
    }

    /// Tells everyone what changed in the presences since the last call.
    func flushPresences() {
        while let diff = presences.takeDiff() {
            // Presences hold JSON values only, which every serializer can say.
            try? broadcast(diff.topic, "presence_diff", .value(diff.value))
        }
    }
}
