import Phoenix

/// Keeps a channel joined and pings it, whatever the server does: the example of phoenix_gen_socket_client, in Swift.
///
/// All policy is here. A second after a disconnect it connects again, a second after its channel closed it joins again, and after
/// `maximumTries` attempts that came to nothing it gives up.
struct PingClient: SocketHandler {
    enum Info: Sendable {
        case connect
        case join(String)
        case ping
    }

    /// Nobody answers any more.
    struct GivingUp: Error, CustomStringConvertible {
        let tries: Int
        let reason: String

        var description: String { "gave up after \(tries) tries: \(reason)" }
    }

    let url: String
    let diary: Diary
    var pause: Duration = .seconds(1)
    var pingInterval: Duration = .milliseconds(100)
    var maximumTries = 3

    /// Attempts since the last join that the server accepted: a connection that opens and dies again is no success.
    private var tries = 0
    private var isPinging = false
    /// Whether the channel closed while the connection went on, and is still to be joined again.
    private var isClosed = false
    private var nextPing: Int64 = 1

    init(url: String, diary: Diary) {
        self.url = url
        self.diary = diary
    }

    func start(_ socket: inout Socket) throws -> Start { try .connect(url) }

    func connected(_ socket: inout Socket) -> Directive {
        diary.note(.connected, "connected")
        return join("ping", &socket)
    }

    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        tries += 1
        isClosed = false
        guard tries < maximumTries else {
            return .stop(.failure(GivingUp(tries: tries, reason: reason.kind.description)))
        }
        diary.note(.disconnected, "disconnected (\(reason.kind)); connecting again in \(pause)")
        return later(.connect, after: pause, &socket)
    }

    mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive {
        diary.note(isClosed ? .rejoined : .joined, "joined \(join.topic)\(isClosed ? " again" : "")")
        isClosed = false
        tries = 0
        guard !isPinging else { return .ok }
        isPinging = true
        return later(.ping, after: pingInterval, &socket)
    }

    func joinFailed(_ failure: JoinFailure, _ socket: inout Socket) -> Directive {
        // Without a connection there is nothing to join; `disconnected` follows.
        guard socket.isConnected else { return .ok }
        diary.note(.joinFailed, "could not join \(failure.topic) (\(failure.outcome)); joining again in \(pause)")
        return later(.join(failure.topic), after: pause, &socket)
    }

    mutating func channelClosed(_ closure: ChannelClosure, _ socket: inout Socket) -> Directive {
        isClosed = true
        diary.note(.channelClosed, "\(closure.topic) \(closure.kind); joining again in \(pause)")
        return later(.join(closure.topic), after: pause, &socket)
    }

    func replied(_ reply: Reply, _ socket: inout Socket) -> Directive {
        if let number = reply.outcome.response?["number"]?.integer { diary.note(.pong, "pong #\(number)") }
        return .ok
    }

    mutating func handle(_ info: Info, _ socket: inout Socket) -> Directive {
        switch info {
        case .connect: return .connect
        // The connection may have gone in the meantime: `connected` joins then.
        case .join(let topic): return socket.isConnected && !socket.isJoined(topic) ? join(topic, &socket) : .ok
        case .ping: return ping(&socket)
        }
    }

    func terminate(_ reason: StopReason) {
        diary.note(.terminated, "terminated (\(reason))")
    }

    // MARK: Steps

    private func join(_ topic: String, _ socket: inout Socket) -> Directive {
        do {
            try socket.join(topic)
            return .ok
        } catch  where error.code == .alreadyJoined {
            return .ok
        } catch {
            return .stop(.failure(error))
        }
    }

    private mutating func ping(_ socket: inout Socket) -> Directive {
        // `joined` begins anew.
        guard socket.isJoined("ping") else {
            isPinging = false
            return .ok
        }
        do {
            try socket.push("ping", "ping", ["number": .signed(nextPing)])
            nextPing += 1
        } catch {
            return .stop(.failure(error))
        }
        return later(.ping, after: pingInterval, &socket)
    }

    private func later(_ info: Info, after delay: Duration, _ socket: inout Socket) -> Directive {
        do {
            try socket.send(info, after: delay)
            return .ok
        } catch {
            return .stop(.failure(error))
        }
    }
}
