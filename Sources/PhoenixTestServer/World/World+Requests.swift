private import FoundationEssentials
internal import PhoenixDeflate
internal import PhoenixJSON
internal import PhoenixKit

/// Plain requests and upgrades, judged in the order of Phoenix.Transports.WebSocket and then of Bandit.
extension World {
    /// What becomes of an HTTP request.
    enum Answer: Sendable {
        case respond(SiteResponse)
        /// Switch protocols; the headers are those beyond the handshake's own.
        case upgrade(UInt64, headers: [HeaderField], compression: DeflateAgreement? = nil)
        /// Say nothing for now: the answer comes as an effect, or never.
        case later
    }

    /// Judges a request.
    ///
    /// `number` is what the network knows it by, should it be answered later.
    func answer(_ request: SiteRequest, number: UInt64) -> Answer {
        if let path = Self.path(of: request, without: "/longpoll"), let route = site.sockets[path],
            route.longPoll.isEnabled
        {
            answerLongPoll(request, to: route, number: number)
            return .later
        }
        if request.isBodyTooLarge { return .respond(SiteResponse(status: 413)) }
        if let path = Self.path(of: request, without: "/websocket"), let route = site.sockets[path] {
            let answer = upgrade(request, to: route)
            if case .respond(let response) = answer {
                journal.record(
                    .refused,
                    at: now,
                    transport: "websocket",
                    status: response.status,
                    note: request.path
                )
            }
            return answer
        }
        let response = page(request)
        journal.record(.page, at: now, status: response.status, note: "\(request.method) \(request.path)")
        return .respond(response)
    }

    /// The path of the socket that a request is for.
    private static func path(of request: SiteRequest, without suffix: String) -> String? {
        request.path.hasSuffix(suffix) ? String(request.path.dropLast(suffix.count)) : nil
    }

    private func page(_ request: SiteRequest) -> SiteResponse {
        guard let page = site.pages[Site.PageKey(method: request.method, path: request.path)] else {
            return .notFound
        }
        do {
            return try page(request, ServerControl(world: self))
        } catch {
            return .serverError
        }
    }

    private func upgrade(_ request: SiteRequest, to route: SocketRoute) -> Answer {
        var lifetime: Duration?
        switch faults.isEmpty ? nil : faults.upgrading(path: request.path) {
        case .refuse(let response): return .respond(response)
        case .neverAnswer:
            journal.record(.fault, at: now, transport: "websocket", note: "never answer \(request.path)")
            return .later
        case .cut(let after): lifetime = after
        case nil: break
        }
        guard request.method == "GET" else { return .respond(SiteResponse(status: 400)) }
        guard route.allowsOrigin(of: request) else { return .respond(SiteResponse(status: 403)) }
        var token: Secret?
        var headers: [HeaderField] = []
        if route.readsAuthToken {
            switch Subprotocols(request.values("sec-websocket-protocol").first) {
            case .invalidToken: return .respond(.serverError)
            case .unknown: return .respond(SiteResponse(status: 403))
            case .accepted(let echo, let secret):
                token = secret
                if let echo { headers.append(HeaderField("sec-websocket-protocol", echo)) }
            }
        }
        guard let serializer = serializer(for: request.parameters["vsn"]) else {
            return .respond(SiteResponse(status: 403, headers: headers))
        }
        let connectRequest = ConnectRequest(
            request,
            transport: "websocket",
            authToken: token,
            version: serializer.version
        )
        switch route.connect(connectRequest).kind {
        case .refuse(var response):
            response.headers = headers + response.headers
            return .respond(response)
        case .accept(let id, let assigns):
            if let complaint = Handshake.complaint(about: request) {
                return .respond(SiteResponse(status: 400, headers: headers, body: Bytes(complaint)))
            }
            let timeout: Duration? =
                switch route.idleTimeout {
                case .standard: limits.idleTimeout
                case .after(let duration): duration
                case .never: nil
                }
            let socket = SocketState(
                number: nextConnectionNumber(),
                route: route,
                request: connectRequest,
                id: id,
                assigns: assigns,
                serializer: serializer,
                idleTimeout: timeout,
                at: now
            )
            open(socket)
            if let timeout { schedule(.idle(socket.number), after: timeout) }
            if let lifetime {
                note(.fault, on: socket, note: "cut after \(lifetime)")
                schedule(.cut(socket.number), after: lifetime)
            }
            // Offers that are not in the grammar are passed over.
            let compression =
                route.compresses
                ? (try? adapter.deflate.agreement(onOffers: request.values("sec-websocket-extensions"))) ?? nil : nil
            if let compression {
                let answer = compression.answer(separator: adapter.extensionSeparator)
                headers.append(HeaderField("sec-websocket-extensions", answer))
            }
            return .upgrade(socket.number, headers: headers, compression: compression)
        }
    }

    /// The serializer whose version fits as `~>` does: same major and minor number, at least its patch.
    func serializer(for vsn: Value?) -> (any Serializer)? {
        guard let version = ProtocolVersion(vsn.map { $0.string ?? "" } ?? "1.0.0") else { return nil }
        return serializers.first { serializer in
            ProtocolVersion(serializer.version).map { version.fits($0) } ?? false
        }
    }

    func open(_ socket: SocketState) {
        sockets[socket.number] = socket
        note(.connected, on: socket, note: socket.request.path)
    }

    /// Records what happened on a socket.
    func note(
        _ kind: JournalEntry.Kind,
        on socket: SocketState,
        message: Message? = nil,
        frame: Frame? = nil,
        code: UInt16? = nil,
        isLocal: Bool = false,
        note: String? = nil
    ) {
        journal.record(
            kind,
            at: now,
            connection: socket.number,
            transport: socket.request.transport,
            message: message,
            frame: frame,
            code: code,
            isLocal: isLocal,
            note: note
        )
    }
}
