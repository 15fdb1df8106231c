internal import Logging

/// What is asked of the server's `connect/3` at one connection.
struct Credentials: Sendable {
    var parameters = Parameters()
    var token: Secret?
}

extension SocketKeeper {
    /// An asking for parameters and token.
    struct Preparation {
        enum Purpose {
            case connect
            case move(ConnectionTarget)
            case probe(ConnectionTarget)
        }

        let purpose: Purpose
        let promise: Promise<Result<Credentials, PhoenixError>>
    }

    /// Tells the handles what the socket is about.
    func tell(_ kind: SocketState.Kind, _ reason: DisconnectReason? = nil, delay: Duration? = nil) {
        hub.publish(SocketState(kind, reason, delay: delay, transport: fallback.transport))
    }

    // MARK: Opening

    /// Begins a try, in whatever state the link is (hazard B36).
    mutating func open(_ socket: inout Socket) {
        guard isWanted, !isSuspended else { return }
        switch link {
        case .down, .waiting:
            timers.cancel(.reconnect)
            link = .preparing
            tell(.connecting)
            prepare(.connect, &socket)
        case .preparing, .connecting, .open, .closing: break
        }
    }

    /// Asks for parameters and token, if there are any to ask for.
    mutating func prepare(_ purpose: Preparation.Purpose, _ socket: inout Socket) {
        guard settings.parameters != nil || settings.authToken != nil else {
            return go(purpose, .success(Credentials()), &socket)
        }
        if case .move = purpose { forgetMoves() }
        lastWork += 1
        let number = lastWork
        let promise = Promise<Result<Credentials, PhoenixError>>()
        do throws(PhoenixError) {
            try socket.perform { [settings] in .prepared(number, await settings.credentials(promise)) }
            preparations[number] = Preparation(purpose: purpose, promise: promise)
            timers.set(.preparation(number), at: socket.now + settings.credentialsTimeout)
        } catch {
            go(purpose, .failure(error), &socket)
        }
    }

    /// A move that is still asking for its token leads nowhere any more.
    mutating func forgetMoves() {
        for (number, preparation) in preparations {
            guard case .move = preparation.purpose else { continue }
            preparations[number] = nil
            timers.cancel(.preparation(number))
            preparation.promise.settle(.failure(.waitCancelled))
        }
    }

    mutating func prepared(_ number: UInt64, _ result: Result<Credentials, PhoenixError>, _ socket: inout Socket) {
        timers.cancel(.preparation(number))
        guard let preparation = preparations.removeValue(forKey: number) else { return }
        go(preparation.purpose, result, &socket)
    }

    private mutating func go(
        _ purpose: Preparation.Purpose,
        _ result: Result<Credentials, PhoenixError>,
        _ socket: inout Socket
    ) {
        switch (purpose, result) {
        case (.connect, .success(let credentials)):
            guard case .preparing = link else { return }
            link = .connecting
            directive = .connectTo(fallback.target.with(credentials))
        case (.connect, .failure(let error)):
            guard case .preparing = link else { return }
            tryAgain(after: .failedToConnect(error), &socket)
        case (.move(let target), .success(let credentials)):
            switch link {
            case .open: directive = .move(to: target.with(credentials))
            // An earlier move got there first: on from the place it leads to.
            case .connecting: directive = .connectTo(target.with(credentials))
            case .down, .waiting, .preparing, .closing: break
            }
        case (.move, .failure(let error)):
            logger.warning("A move has to wait for the next connection", metadata: ["error": "\(error)"])
        case (.probe(let target), .success(let credentials)):
            socket.probe(target.with(credentials)) { .probed($0) }
        case (.probe, .failure(let error)):
            follow(fallback.probed(.failed(.failedToConnect(error)), at: socket.now), &socket)
        }
    }

    mutating func linkOpened(_ socket: inout Socket) {
        link = .open
        fallback.connected(at: socket.now)
        if let format = socket.core.serializer?.payloadFormat { hub.use(format) }
        tell(.connected)
        // A connection that nothing is asked of would never prove itself.
        _ = try? socket.ping()
        for record in wantedRecords { join(record, &socket) }
    }

    // MARK: The end

    mutating func linkLost(_ reason: DisconnectReason, _ socket: inout Socket) {
        for record in channels.values { connectionLost(record) }
        endPings(PhoenixError(.disconnected, "Expected an answer to a ping, but the connection ended first."))
        if reason.kind != .replaced { forgetMoves() }
        timers.cancel(.probe)
        timers.cancel(.flush)
        flush = nil
        if reason.kind == .replaced {
            _ = fallback.disconnected(reason, at: socket.now)
            link = .connecting
            // Disconnected while the move was under way: the driver is on its way to the new place already.
            if isSuspended || !isWanted { return giveUp(Flush(code: 1000, reason: ""), &socket) }
            tell(.connecting, reason)
            return
        }
        if isSuspended || !isWanted {
            _ = fallback.disconnected(reason, at: socket.now)
            return rest(reason)
        }
        if case .closing = link {
            // Closed from here, and asked to connect again meanwhile.
            _ = fallback.disconnected(reason, at: socket.now)
            link = .down
            return open(&socket)
        }
        if let verdict = finalVerdict(on: reason) {
            logger.warning("\(verdict)")
            isWanted = false
            _ = fallback.disconnected(reason, at: socket.now)
            return rest(reason)
        }
        tryAgain(after: reason, &socket)
    }

    /// No connection is wanted for now.
    mutating func rest(_ reason: DisconnectReason?) {
        link = .down
        timers.cancel(.reconnect)
        for number in preparations.keys { timers.cancel(.preparation(number)) }
        for preparation in preparations.values { preparation.promise.settle(.failure(.waitCancelled)) }
        preparations = [:]
        if isSuspended, isWanted { return tell(.suspended, reason) }
        tell(.disconnected, reason)
        for record in channels.values { endWaiting(record, .disconnected) }
        for record in channels.values { timers.cancel(.rejoin(record.topic)) }
    }

    private mutating func tryAgain(after reason: DisconnectReason, _ socket: inout Socket) {
        let decision = fallback.disconnected(reason, at: socket.now)
        logger.info("\(decision.explanation)")
        var delay = decision.delay
        if reason.close?.code == 1012, reason.close?.isLocal == false {
            delay = settings.restartSpread * Double.random(in: 0..<1, using: &generator)
        }
        link = .waiting
        timers.set(.reconnect, at: socket.now + delay)
        tell(.waiting, reason, delay: delay)
    }

    /// Why it is not tried again; nil when it is.
    private mutating func finalVerdict(on reason: DisconnectReason) -> String? {
        if let code = reason.close?.code, reason.close?.isLocal == false, settings.fatalCloseCodes.contains(code) {
            return "The server closed the connection with \(code), after which the socket stays disconnected."
        }
        if let status = reason.refusal?.status, status == 401 || status == 403 {
            refusals += 1
            guard refusals >= max(settings.refusalLimit, 1) else { return nil }
            refusals = 0
            return
                "The server refused \(settings.refusalLimit) connections in a row with \(status); the socket stays disconnected."
        }
        guard fallback.candidates.count == 1, let error = reason.error else { return nil }
        switch error.code {
        case .incompatible, .endpointMismatch, .invalidURL, .invalidOption, .versionConflict, .unknownTransport,
            .unknownSerializer, .unknownExtension:
            return "No connection can be made to this target: \(error)"
        default: return nil
        }
    }

    // MARK: Fallback

    /// Does what the fallback says of a connection that is open.
    mutating func follow(_ decision: Fallback.Decision, _ socket: inout Socket) {
        logger.info("\(decision.explanation)")
        // Until the move is made, the fallback's own target is the place it leaves.
        if decision.step == .move { prepare(.move(decision.target), &socket) }
        if let moment = fallback.nextProbe { timers.set(.probe, at: moment) }
    }

    mutating func replace(_ new: Fallback, _ socket: inout Socket) {
        fallback = new
        logger.info("\(fallback.start().explanation)")
        switch link {
        case .open:
            fallback.connected(at: socket.now)
            prepare(.move(fallback.target), &socket)
        case .waiting: open(&socket)
        case .connecting:
            // The attempt leads to the former place: given up, and begun anew.
            if case .connectTo = directive {
                directive = .ok
                link = .down
                return open(&socket)
            }
            link = .closing
            socket.disconnect()
        case .down, .preparing, .closing: break
        }
    }

    // MARK: The network

    /// Waits for the next hint beside the driver.
    mutating func awaitPath(_ socket: inout Socket) {
        guard let source = settings.networkPaths else { return }
        try? socket.perform { .path(await source.next()) }
    }

    mutating func pathChanged(_ path: NetworkPath, _ socket: inout Socket) {
        switch (path, link) {
        case (.available, .waiting): open(&socket)
        case (.available, .open): _ = try? socket.ping()
        case (.unavailable, .waiting):
            // Not for ever: the hint may be wrong.
            timers.set(.reconnect, at: socket.now + settings.fallback.backoff.longest)
        case (.available, _), (.unavailable, _): break
        }
    }
}

extension PhoenixSocket.Settings {
    /// Asks for parameters and token; who settles `promise` before ends the asking.
    fileprivate func credentials(
        _ promise: Promise<Result<Credentials, PhoenixError>>
    ) async -> Result<Credentials, PhoenixError> {
        let asking = Task { [parameters, authToken] in
            do {
                let credentials = Credentials(parameters: try await parameters?() ?? [:], token: try await authToken?())
                promise.settle(.success(credentials))
            } catch {
                promise.settle(
                    .failure(
                        PhoenixError(
                            .credentials,
                            "Expected parameters and a token for the connection, got an error of type \(type(of: error)). "
                                + "See the cause.",
                            cause: error
                        )
                    )
                )
            }
        }
        defer { asking.cancel() }
        return await promise.value() ?? .failure(.waitCancelled)
    }
}

extension ConnectionTarget {
    fileprivate func with(_ credentials: Credentials) -> ConnectionTarget {
        var copy = self
        copy.parameters = Parameters(parameters.items + credentials.parameters.items)
        copy.authToken = credentials.token ?? authToken
        return copy
    }
}
