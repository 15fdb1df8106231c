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
        journal.record(.closed, at: now, connection: number, isLocal: false)
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
            journal.record(.pinged, at: now, connection: socket.number)
            effect(.pong(socket.number, data))
        case .pong:
            break
        case .close(let code):
            journal.record(.closed, at: now, connection: socket.number, code: code, isLocal: false)
            effect(.close(socket.number, code: adapter.answer(toClose: code)))
            linger(socket.number)
            terminate(socket)
        case .violation(let code):
            close(socket, code: code)
        }
    }

    /// Closes from the server's side.
    func close(_ socket: SocketState, code: UInt16) {
        guard !socket.isClosed else { return }
        journal.record(.closed, at: now, connection: socket.number, code: code, isLocal: true)
        effect(.close(socket.number, code: code))
        linger(socket.number)
        terminate(socket)
    }

    /// Drops the connection without a word.
    func cut(_ socket: SocketState) {
        guard !socket.isClosed else { return }
        journal.record(.cut, at: now, connection: socket.number, isLocal: true)
        effect(.cut(socket.number))
        terminate(socket)
    }

    /// Closes with a code, or cuts without one.
    func end(_ socket: SocketState, code: UInt16?) {
        if let code { close(socket, code: code) } else { cut(socket) }
    }

    /// The socket's process ends, and its channels with it.
    private func terminate(_ socket: SocketState) {
        socket.isClosed = true
        sockets[socket.number] = nil
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
            case .raw(let bytes): effect(.raw(socket.number, bytes))
            case .end(let code): end(socket, code: code)
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
            journal.record(.fault, at: now, connection: socket.number, message: message, note: description)
        }
        if let cut = plan.cutBefore { return end(socket, code: cut.code) }
        switch plan.delivery {
        case .normal: transmit(frame, message, on: socket)
        case .drop: break
        case .truncate:
            effect(.raw(socket.number, Truncation.beginning(of: frame)))
            cut(socket)
        case .delay(let duration): schedule(.send(socket, frame, message), after: duration)
        case .duplicate(let copies):
            for _ in 0..<max(0, copies) { transmit(frame, message, on: socket) }
        }
        if let raw = plan.raw { effect(.raw(socket.number, raw)) }
        if let cut = plan.cutAfter { end(socket, code: cut.code) }
    }

    func transmit(_ frame: Frame, _ message: Message, on socket: SocketState) {
        journal.record(.sent, at: now, connection: socket.number, message: message)
        effect(.send(socket.number, frame))
    }
}
