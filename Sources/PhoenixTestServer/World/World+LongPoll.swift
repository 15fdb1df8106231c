internal import PhoenixKit

/// Long-poll requests, judged as Phoenix.Transports.LongPoll does.
extension World {
    private enum Header {
        static let token = "x-phoenix-longpoll-token"
        static let authToken = "x-phoenix-authtoken"
    }

    /// Takes a request in; the answer comes as an effect.
    func answerLongPoll(_ request: SiteRequest, to route: SocketRoute, number: UInt64) {
        var entry = LongPollRequest(
            request: request,
            route: route,
            token: request.values(Header.token).first ?? request.parameters["token"]?.string ?? ""
        )
        let session = tokens.verify(entry.token).map { sessions[$0] }
        entry.connection = session??.number
        journal.record(
            .requested,
            at: now,
            connection: entry.connection,
            transport: "longpoll",
            note: "\(request.method) \(request.path)"
        )
        if !faults.isEmpty, let fault = faults.requesting(request, hasToken: session != nil) {
            journal.record(
                .fault,
                at: now,
                connection: entry.connection,
                transport: "longpoll",
                note: fault.action.description
            )
            if fault.afterHandling {
                entry.fault = fault.action
            } else if case .endSession = fault.action {
                if let socket = session ?? nil { end(socket, note: "ended by a fault") }
            } else {
                return perform(fault.action, on: number, instead: nil)
            }
        }
        let isFull = longPollRequests.count >= limits.longPollSessions
        longPollRequests[number] = entry
        guard !isFull else { return respond(to: number, SiteResponse(status: 503)) }
        guard route.allowsOrigin(of: request) else { return respond(to: number, status: 403) }
        switch request.method {
        case "OPTIONS": respond(to: number, preflight(request))
        case "GET", "POST":
            guard let session else { return answerGone(number) }
            // A session that has ended says nothing; neither does one that is busy with a join.
            setTimer(for: number, after: route.longPoll.sessionTimeout ?? limits.sessionTimeout)
            if let session { mail(.resume(number), to: session) }
        default:
            respond(
                to: number,
                SiteResponse(status: 400, headers: [HeaderField("access-control-allow-origin", "*")])
            )
        }
    }

    /// The answer to the question of a browser what it may send to another origin.
    private func preflight(_ request: SiteRequest) -> SiteResponse {
        SiteResponse(
            status: 200,
            headers: [
                HeaderField("access-control-allow-origin", "*"),
                HeaderField(
                    "access-control-allow-headers",
                    request.values("access-control-request-headers").joined(separator: ", ")
                ),
                HeaderField("access-control-allow-methods", "get, post, options"),
                HeaderField("access-control-max-age", "3600"),
            ]
        )
    }

    // MARK: The request's process

    /// The session has not answered, or nothing came of a poll or a message within the window.
    func longPollTimerFired(for number: UInt64) {
        guard let entry = longPollRequests[number] else { return }
        longPollRequests[number]?.timer = nil
        switch entry.state {
        case .resuming: answerGone(number)
        case .polling: respondToPoll(number, status: 204)
        case .posting: respond(to: number, status: 408)
        }
    }

    /// There is no such session: a poll is given a new one.
    private func answerGone(_ number: UInt64) {
        guard let entry = longPollRequests[number] else { return }
        guard entry.request.method == "GET" else { return respond(to: number, status: 410) }
        let token = entry.route.readsAuthToken ? entry.request.values(Header.authToken).first : nil
        guard let serializer = serializer(for: entry.request.parameters["vsn"]) else { return forbid(number) }
        guard sessions.count < limits.longPollSessions else { return respond(to: number, SiteResponse(status: 503)) }
        let connect = ConnectRequest(
            entry.request,
            transport: "longpoll",
            authToken: token.map { Secret($0) },
            version: serializer.version
        )
        guard case .accept(let id, let assigns) = entry.route.connect(connect).kind else { return forbid(number) }
        let (name, fresh) = tokens.issue()
        let session = LongPollSession(name: name, lifetime: window(of: entry.route) * 3 / 2, at: now)
        let socket = SocketState(
            number: nextConnectionNumber(),
            route: entry.route,
            request: connect,
            id: id,
            assigns: assigns,
            serializer: serializer,
            idleTimeout: nil,
            longPoll: session,
            at: now
        )
        open(socket)
        sessions[name] = socket
        schedule(.lookForPolls(socket.number), after: session.lifetime)
        longPollRequests[number]?.connection = socket.number
        longPollRequests[number]?.token = fresh
        respondToPoll(number, status: 410)
    }

    private func forbid(_ number: UInt64) {
        let path = longPollRequests[number]?.request.path
        journal.record(.refused, at: now, transport: "longpoll", status: 403, note: path)
        respond(to: number, status: 403)
    }

    func respondToPoll(_ number: UInt64, status: Int, messages: [Bytes] = []) {
        guard let entry = longPollRequests[number] else { return }
        let answer = LongPollAnswer.poll(status, token: entry.token, messages: messages)
        respond(to: number, answer ?? .serverError, status: answer == nil ? 500 : status)
    }

    /// Answers a request with a status and nothing else.
    func respond(to number: UInt64, status: Int) {
        respond(to: number, LongPollAnswer.status(status), status: status)
    }

    /// Answers a request; `status` is what the journal says, for a body that tells another one than HTTP does.
    func respond(to number: UInt64, _ response: SiteResponse, status: Int? = nil) {
        guard let entry = longPollRequests.removeValue(forKey: number) else { return }
        cancel(entry.timer)
        if let fault = entry.fault {
            perform(fault, on: number, instead: response)
            guard fault.keepsAnswer else { return }
        }
        journal.record(
            .answered,
            at: now,
            connection: entry.connection,
            transport: "longpoll",
            status: status ?? response.status,
            note: "\(entry.request.method) \(entry.request.path)"
        )
        if entry.fault == nil { effect(.respond(number, response)) }
    }

    /// Lets a request go wrong; `answer` is what it would have got, nil where it was not looked at.
    private func perform(_ fault: Fault.RequestAction, on number: UInt64, instead answer: SiteResponse?) {
        let answer = answer ?? SiteResponse(status: 503)
        switch fault {
        case .respond(let response): effect(.respond(number, response))
        case .neverAnswer, .endSession: break
        case .reset: effect(.reset(number))
        case .delay(let duration): schedule(.answer(number, answer), after: duration)
        case .truncate: effect(.respondPartly(number, answer))
        case .compress:
            var compressed = answer
            compressed.headers.append(HeaderField("content-encoding", "gzip"))
            compressed.body = Gzip.stored(answer.body)
            effect(.respond(number, compressed))
        }
    }

    func setTimer(for number: UInt64, after duration: Duration) {
        cancel(longPollRequests[number]?.timer)
        longPollRequests[number]?.timer = schedule(.longPoll(number), after: duration)
    }

    func window(of route: SocketRoute) -> Duration {
        max(.milliseconds(1), route.longPoll.window ?? limits.pollWindow)
    }
}
