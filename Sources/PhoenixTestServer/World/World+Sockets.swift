internal import PhoenixKit

/// The socket's process: what arrives, what is sent, and the end.
extension World {
    /// The events of one read, in order.
    func received(_ events: [SocketEvent], on number: UInt64) {
        guard let socket = sockets[number] else { return }
        socket.lastInbound = now
        for event in events {
            if socket.isClosed { return }
            if socket.isBlocked { socket.inbox.append(event) } else { handle(event, on: socket) }
        }
    }

    /// The connection is gone, or its peer is.
    func disconnected(_ number: UInt64) {
        lingered(number)
        guard let socket = sockets[number] else { return }
        note(.closed, on: socket)
        terminate(socket)
    }

    /// The client reads too slowly, or again fast enough.
    func congestionChanged(_ isCongested: Bool, on number: UInt64) {
        guard let socket = sockets[number], socket.isCongested != isCongested else { return }
        socket.isCongested = isCongested
        guard !socket.isBlocked else { return }
        effect(isCongested ? .pause(number) : .resume(number))
        if !isCongested { deliverMail(to: socket) }
    }

    func handle(_ event: SocketEvent, on socket: SocketState) {
        switch event {
        case .message(let frame):
            dispatch(frame, on: socket)
        case .ping(let data):
            note(.pinged, on: socket)
            effect(.pong(socket.number, data))
        case .pong:
            break
        case .close(let code):
            note(.closed, on: socket, code: code, isLocal: false)
            effect(.close(socket.number, code: adapter.answer(toClose: code)))
            linger(socket.number)
            terminate(socket)
        case .violation(let code):
            close(socket, code: code)
        }
    }

    /// Closes from the server's side.
    ///
    /// A long-poll session just ends: its client learns of it with its next request.
    func close(_ socket: SocketState, code: UInt16) {
        guard !socket.isClosed else { return }
        note(.closed, on: socket, code: code, isLocal: true)
        if socket.longPoll == nil {
            effect(.close(socket.number, code: code))
            linger(socket.number)
        }
        terminate(socket)
    }

    /// Drops the connection without a word.
    func cut(_ socket: SocketState) {
        guard !socket.isClosed else { return }
        note(.cut, on: socket, isLocal: true)
        if socket.longPoll == nil { effect(.cut(socket.number)) }
        terminate(socket)
    }

    /// Closes with a code, or cuts without one.
    func end(_ socket: SocketState, code: UInt16?) {
        if let code { close(socket, code: code) } else { cut(socket) }
    }

    /// The socket's process ends, and its channels with it.
    func terminate(_ socket: SocketState) {
        socket.isClosed = true
        sockets[socket.number] = nil
        if let session = socket.longPoll { sessions[session.name] = nil }
        socket.mailbox.removeAll()
        socket.inbox.removeAll()
        for channel in socket.channels.values.sorted(by: { $0.number < $1.number }) { terminate(channel) }
        socket.channels.removeAll()
        flushPresences()
    }

    /// The server stops: with a word to everyone, or without.
    func stop(abruptly: Bool) {
        for socket in socketsInOrder {
            end(socket, code: abruptly ? nil : adapter.stopCode(hasChannels: !socket.channels.isEmpty))
        }
    }

    func idleTimerFired(for number: UInt64) {
        guard let socket = sockets[number], let timeout = socket.idleTimeout else { return }
        let idle = now - socket.lastInbound
        if idle >= timeout, !socket.isBlocked {
            close(socket, code: adapter.idleCode)
        } else {
            schedule(.idle(number), after: socket.isBlocked ? timeout : timeout - idle)
        }
    }

    // MARK: Sending

    func deliverMail(to socket: SocketState) {
        while socket.isReady, !isTurnFull, let mail = socket.mailbox.popFirst() {
            switch mail {
            case .push(let frame, let message): send(frame, message, on: socket)
            case .channelEnded(let channel): forget(channel)
            case .raw(let bytes): sendRaw(bytes, on: socket)
            case .end(let code): end(socket, code: code)
            case .resume(let request): resume(request, on: socket)
            case .handIn(let request, let frame): handIn(frame, of: request, to: socket)
            case .flush(let request): flush(to: request, on: socket)
            case .lookForPolls: lookForPolls(of: socket)
            }
        }
        if socket.isReady {
            if !socket.mailbox.isEmpty { list(socket) }
        } else if socket.mailbox.count > limits.mailbox {
            cut(socket)
        }
    }

    /// Sends what the socket's own process answers.
    ///
    /// What cannot be encoded kills the socket, as an exception there does.
    func answer(_ message: Message, on socket: SocketState) {
        do {
            send(try socket.serializer.encode(message, as: .server), message, on: socket)
        } catch {
            close(socket, code: 1011)
        }
    }

    /// Sends a message, unless the script of faults has other plans for it.
    func send(_ frame: Frame, _ message: Message, on socket: SocketState) {
        guard !socket.isClosed else { return }
        guard !faults.isEmpty else { return transmit(frame, message, on: socket) }
        let plan = faults.sending(message, connection: socket.number)
        if let description = plan.description {
            note(.fault, on: socket, message: message, note: description)
        }
        if let cut = plan.cutBefore { return end(socket, code: cut.code) }
        switch plan.delivery {
        case .normal: transmit(frame, message, on: socket)
        case .drop: break
        case .truncate:
            sendRaw(Truncation.beginning(of: frame), on: socket)
            cut(socket)
        case .delay(let duration): schedule(.send(socket, frame, message), after: duration)
        case .duplicate(let copies):
            for _ in 0..<max(0, copies) { transmit(frame, message, on: socket) }
        }
        if let raw = plan.raw { sendRaw(raw, on: socket) }
        if let cut = plan.cutAfter { end(socket, code: cut.code) }
    }

    func transmit(_ frame: Frame, _ message: Message?, on socket: SocketState) {
        if let session = socket.longPoll { return keep(frame, message, in: session, of: socket) }
        if let message { note(.sent, on: socket, message: message) }
        effect(.send(socket.number, frame))
    }

    /// Sends bytes outside of any message, for which long polling has no place.
    private func sendRaw(_ bytes: Bytes, on socket: SocketState) {
        if socket.longPoll == nil { effect(.raw(socket.number, bytes)) }
    }

    /// Has the network read or not; a long-poll session's requests come to it one by one.
    func setReading(_ isReading: Bool, of socket: SocketState) {
        if socket.longPoll == nil { effect(isReading ? .resume(socket.number) : .pause(socket.number)) }
    }
}
