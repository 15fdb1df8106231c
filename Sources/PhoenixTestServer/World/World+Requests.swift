private import FoundationEssentials
internal import PhoenixJSON
internal import PhoenixKit

/// Plain requests and upgrades, judged in the order of Phoenix.Transports.WebSocket and then of Bandit.
extension World {
    /// What becomes of an HTTP request.
    enum Answer: Sendable {
        case respond(SiteResponse)
        /// Switch protocols; the headers are those beyond the handshake's own.
        case upgrade(UInt64, headers: [HeaderField])
        /// Say nothing.
        case silence
    }

    func answer(_ request: SiteRequest) -> Answer {
        if let path = Self.socketPath(of: request.path), let route = site.sockets[path] {
            let answer = connect(request, to: route)
            if case .respond(let response) = answer {
                journal.record(.refused, at: now, status: response.status, note: request.path)
            }
            return answer
        }
        let response = page(request)
        journal.record(.page, at: now, status: response.status, note: "\(request.method) \(request.path)")
        return .respond(response)
    }

    private static func socketPath(of path: String) -> String? {
        path.hasSuffix("/websocket") ? String(path.dropLast("/websocket".count)) : nil
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

    private func connect(_ request: SiteRequest, to route: SocketRoute) -> Answer {
        switch faults.isEmpty ? nil : faults.upgrading(path: request.path) {
        case .refuse(let response): return .respond(response)
        case .neverAnswer:
            journal.record(.fault, at: now, note: "never answer \(request.path)")
            return .silence
        case nil: break
        }
        guard request.method == "GET" else { return .respond(SiteResponse(status: 400)) }
        if let allowed = route.allowedOrigins, let origin = request.values("origin").first, !allowed.contains(origin) {
            return .respond(SiteResponse(status: 403))
        }
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
        let parameters = request.parameters
        guard let serializer = serializer(for: parameters["vsn"]) else {
            return .respond(SiteResponse(status: 403, headers: headers))
        }
        let connectRequest = ConnectRequest(
            parameters: parameters,
            path: request.path,
            query: request.query,
            headers: request.headers,
            authToken: token,
            version: serializer.version,
            isSecure: request.isSecure,
            peerAddress: request.peerAddress,
            peerPort: request.peerPort
        )
        switch route.connect(connectRequest).kind {
        case .refuse(var response):
            response.headers = headers + response.headers
            return .respond(response)
        case .accept(let id, let assigns):
            if let complaint = Handshake.complaint(about: request) {
                return .respond(SiteResponse(status: 400, headers: headers, body: Bytes(complaint)))
            }
            let number = open(connectRequest, route: route, id: id, assigns: assigns, serializer: serializer)
            return .upgrade(number, headers: headers)
        }
    }

    /// The serializer whose version fits as `~>` does: same major and minor number, at least its patch.
    private func serializer(for vsn: Value?) -> (any Serializer)? {
        guard let version = ProtocolVersion(vsn.map { $0.string ?? "" } ?? "1.0.0") else { return nil }
        return serializers.first { serializer in
            ProtocolVersion(serializer.version).map { version.fits($0) } ?? false
        }
    }

    private func open(
        _ request: ConnectRequest,
        route: SocketRoute,
        id: String?,
        assigns: [String: any Sendable],
        serializer: any Serializer
    ) -> UInt64 {
        let timeout: Duration? =
            switch route.idleTimeout {
            case .standard: limits.idleTimeout
            case .after(let duration): duration
            case .never: nil
            }
        let socket = SocketState(
            number: nextConnectionNumber(),
            route: route,
            request: request,
            id: id,
            assigns: assigns,
            serializer: serializer,
            idleTimeout: timeout,
            at: now
        )
        sockets[socket.number] = socket
        if let timeout { schedule(.idle(socket.number), after: timeout) }
        journal.record(.connected, at: now, connection: socket.number, note: request.path)
        return socket.number
    }
}
