internal import PhoenixKit

/// Long-poll sessions: what they do with the requests that come to them (Phoenix.Transports.LongPoll.Server).
extension World {
    /// The session is there: a poll waits for messages, a POST hands its own in.
    func resume(_ number: UInt64, on socket: SocketState) {
        guard let entry = longPollRequests[number], case .resuming = entry.state else { return }
        if entry.request.method == "GET" { poll(number, on: socket) } else { post(entry, number, on: socket) }
    }

    private func poll(_ number: UInt64, on socket: SocketState) {
        guard let session = socket.longPoll else { return }
        longPollRequests[number]?.state = .polling
        guard session.messages.isEmpty else { return flush(to: number, on: socket) }
        // Of two polls the newer one gets the messages, whether or not the client of the older one still waits.
        session.poll = number
        session.lastPoll = now
        note(.parked, on: socket, note: socket.request.path)
        setTimer(for: number, after: longPollRequests[number].map { window(of: $0.route) } ?? .zero)
    }

    private func post(_ entry: LongPollRequest, _ number: UInt64, on socket: SocketState) {
        guard !entry.request.isBodyTooLarge else { return respond(to: number, .badRequest) }
        let frames = LongPollBatch.frames(
            of: entry.request.body,
            contentType: entry.request.values("content-type"),
            limit: limits.batch
        )
        guard let frames else { return respond(to: number, .serverError) }
        longPollRequests[number]?.request.body = Bytes()
        longPollRequests[number]?.state = .posting(remaining: frames[...])
        handInNext(of: number, to: socket)
    }

    /// Hands the next message of a POST to the session, or answers when there is none.
    private func handInNext(of number: UInt64, to socket: SocketState) {
        guard let entry = longPollRequests[number], case .posting(var remaining) = entry.state else { return }
        guard let frame = remaining.popFirst() else { return respond(to: number, status: 200) }
        longPollRequests[number]?.state = .posting(remaining: remaining)
        setTimer(for: number, after: window(of: entry.route))
        mail(.handIn(number, frame), to: socket)
    }

    /// The session looks at a message, even when its POST has been given up.
    func handIn(_ frame: Frame, of number: UInt64, to socket: SocketState) {
        socket.longPoll?.handling = number
        dispatch(frame, on: socket)
        if !socket.isClosed, !socket.isBlocked { handedIn(on: socket) }
    }

    /// The message at hand has been looked at, with all that its join took.
    func handedIn(on socket: SocketState) {
        guard let number = socket.longPoll?.handling else { return }
        socket.longPoll?.handling = nil
        handInNext(of: number, to: socket)
    }

    /// Keeps a message for the next poll, and tells one that waits already.
    func keep(_ frame: Frame, _ message: Message?, in session: LongPollSession, of socket: SocketState) {
        session.messages.append((frame, message))
        session.bytes += frame.bytes.count
        guard session.messages.count <= limits.longPollMessages, session.bytes <= limits.longPollBytes else {
            return cut(socket)
        }
        guard let poll = session.poll else { return }
        // It comes for them after what is under way, and gets what has come by then with them.
        session.poll = nil
        mail(.flush(poll), to: socket)
    }

    /// Gives a poll all there is: no matter whether its client still waits, what it gets is gone.
    func flush(to number: UInt64, on socket: SocketState) {
        guard let session = socket.longPoll, longPollRequests[number] != nil, !session.messages.isEmpty else { return }
        session.lastPoll = now
        session.bytes = 0
        var messages: [Bytes] = []
        while let (frame, message) = session.messages.popFirst() {
            messages.append(frame.bytes)
            if let message { note(.sent, on: socket, message: message) }
        }
        respondToPoll(number, status: 200, messages: messages)
    }

    /// Ends a session; its client learns of it with its next request.
    func end(_ socket: SocketState, note reason: String) {
        note(.closed, on: socket, isLocal: true, note: reason)
        terminate(socket)
    }

    /// Resets the connection of the poll that waits.
    func resetPoll(of socket: SocketState) {
        guard let number = socket.longPoll?.poll, let entry = longPollRequests.removeValue(forKey: number) else {
            return
        }
        cancel(entry.timer)
        effect(.reset(number))
    }

    /// Ends a session that nobody polls.
    func lookForPolls(of socket: SocketState) {
        guard let session = socket.longPoll else { return }
        if now - session.lastPoll > session.lifetime {
            end(socket, note: "not polled")
        } else {
            schedule(.lookForPolls(socket.number), after: session.lifetime)
        }
    }
}
