internal import NIOCore
internal import NIOPosix
internal import Phoenix

/// Tries everything on one route.
struct RouteProbe: Sendable {
    var assignment: Assignment
    /// The proxy to go through; nil for none.
    var proxy: Proxy?
    /// The steps that are planned.
    var steps: [Step]
    /// Whether a step is planned and may still be tried.
    var isOpen: @Sendable (Step) -> Bool
    var clock: any PhoenixClock
    var report: StepWatch.Report

    /// A place that was found to answer.
    private struct Place {
        var channel: any Channel
        var address: String
        var dialer: Dialer
    }

    func run() async throws(PhoenixError) {
        let endpoint = try assignment.target.endpoint
        if let proxy { watch([.settings]).passed("\(proxy)") }
        let host = proxy?.host ?? endpoint.host
        let port = proxy?.port ?? endpoint.port ?? (endpoint.isSecure ? 443 : 80)
        guard let addresses = await find(host), let place = await dial(addresses, port) else { return }
        if steps.contains(.upgrade) {
            if let channel = await tunnel(place, to: endpoint) { try await tryWebSocket(channel, place, endpoint) }
        } else {
            place.channel.close(promise: nil)
        }
        if isOpen(.longPollOpen) {
            await LongPollProbe(assignment: assignment, proxy: proxy, isOpen: isOpen, clock: clock, report: report)
                .run()
        }
    }

    private func watch(_ steps: [Step]) -> StepWatch {
        StepWatch(steps.filter(self.steps.contains), clock: clock, report: report)
    }

    // MARK: Reaching it

    private func find(_ host: String) async -> [String]? {
        let watch = watch([.name])
        if (try? SocketAddress(ipAddress: host, port: 0)) != nil {
            watch.passed("\(host.printable) is an address")
            return [host]
        }
        do {
            let addresses = try await within(assignment.deadline, of: clock, "an address for \(host.printable)") {
                try await NameLookup.addresses(of: host)
            }
            watch.passed(addresses.joined(separator: ", "))
            return addresses
        } catch let failure as LookupFailure {
            watch.failed(
                Symptom(
                    failure.isCertain ? .noSuchHost : .nameService,
                    "Expected an address for \(host.printable), got none: \(failure.reason)."
                )
            )
        } catch {
            watch.failed(Symptom(error))
        }
        return nil
    }

    private func dial(_ addresses: [String], _ port: UInt16) async -> Place? {
        let watch = watch([.connect])
        let dialer = Dialer(port: port, timeout: assignment.deadline, clock: clock)
        let result = await dialer.connect(to: addresses, on: MultiThreadedEventLoopGroup.singleton.next())
        if let channel = result.channel, let address = result.address {
            let others = result.attempts.filter { $0.address != address }.map { attempt in
                switch attempt.error.map({ Symptom($0).kind }) {
                case nil: "\(attempt.address) too"
                case .refused?: "\(attempt.address) refused"
                case .timeout?: "\(attempt.address) no answer yet"
                default: "\(attempt.address) unreachable"
                }
            }
            watch.passed((["\(address), port \(port)"] + others).joined(separator: "; "))
            return Place(channel: channel, address: address, dialer: dialer)
        }
        let errors = result.attempts.compactMap(\.error)
        let first = errors.first { Symptom($0).kind == .refused } ?? errors.first
        guard let first else { return nil }
        var symptom = Symptom(first)
        if result.attempts.count > 1 {
            symptom.message += " Tried: \(result.attempts.map(\.address).joined(separator: ", "))."
        }
        watch.failed(symptom)
        return nil
    }

    /// The way on from `place`: the connection itself, or a tunnel through the proxy.
    private func tunnel(_ place: Place, to endpoint: Endpoint) async -> (any Channel)? {
        guard let proxy else { return place.channel }
        let watch = watch([.tunnel])
        do {
            let channel = try await open(proxy, over: place.channel, to: endpoint)
            watch.passed("to \(endpoint.bracketedHost):\(endpoint.port ?? (endpoint.isSecure ? 443 : 80))")
            return channel
        } catch {
            place.channel.close(promise: nil)
            watch.failed(Symptom(error))
            return nil
        }
    }

    private func open(_ proxy: Proxy, over channel: any Channel, to endpoint: Endpoint) async throws -> any Channel {
        let request = WebSocketConnectRequest(
            host: endpoint.host,
            port: endpoint.port ?? (endpoint.isSecure ? 443 : 80),
            eventLoop: channel.eventLoop,
            timeout: assignment.deadline
        )
        let connector = HTTPProxyConnector(proxy, connector: ReadyConnector(channel: channel))
        return try await within(assignment.deadline, of: clock, "the proxy \(proxy) to open a tunnel") {
            try await connector.connect(request)
        }
    }

    // MARK: WebSocket

    private func tryWebSocket(_ channel: any Channel, _ place: Place, _ endpoint: Endpoint) async throws(PhoenixError) {
        let watch = watch([.tls, .upgrade, .heartbeat, .join])
        let resolution = try assignment.resolution(.webSocket)
        let request = try assignment.request(for: resolution, proxy: .none, clock: clock)
        let transport = transport(of: resolution, over: channel) { watch.passed("with \(endpoint.host.printable)") }
        let exchange = assignment.exchange(clock: clock)
        do {
            try await transport.withConnection(request) { connection in
                watch.passed(Self.summary(of: connection.details))
                await exchange.run(on: assignment.watched(connection, clock: clock), resolution.serializer, watch)
            }
        } catch {
            watch.failed(Symptom(error))
        }
        if isOpen(.compression) { try await tryCompression(place, endpoint) }
    }

    private func tryCompression(_ place: Place, _ endpoint: Endpoint) async throws(PhoenixError) {
        let watch = watch([.compression])
        let resolution = try assignment.resolution(.webSocket, offering: [Self.deflate])
        let request = try assignment.request(for: resolution, proxy: .none, clock: clock)
        let exchange = assignment.exchange(joins: false, clock: clock)
        do {
            var channel = try await place.dialer.connect(to: place.address, on: place.channel.eventLoop)
            if let proxy { channel = try await open(proxy, over: channel, to: endpoint) }
            try await transport(of: resolution, over: channel).withConnection(request) { connection in
                guard connection.details.extensions.contains(Self.deflate) else {
                    return watch.passed("the server does not take it; messages go as they are")
                }
                let inner = StepWatch([.heartbeat], clock: clock) { _, outcome in
                    if let symptom = outcome.symptom { watch.failed(symptom) } else { watch.passed("agreed on") }
                }
                await exchange.run(on: assignment.watched(connection, clock: clock), resolution.serializer, inner)
            }
        } catch {
            watch.failed(Symptom(error))
        }
    }

    /// The transport of `resolution` on a connection that is there already.
    private func transport(
        of resolution: Resolution<AnyTransport, AnySerializer>,
        over channel: any Channel,
        secured: @escaping @Sendable () -> Void = {}
    ) -> any Transport {
        guard var transport = resolution.transport.base as? WebSocketTransport else { return resolution.transport }
        transport.connector = ReadyConnector(channel: channel)
        transport.configuration.eventLoopGroup = channel.eventLoop
        transport.configuration.onSecured = secured
        return transport
    }

    private static func summary(of details: ConnectionDetails) -> String {
        let server = details.headers.first { $0.name == "server" }?.value ?? ""
        return server.isEmpty ? "101" : "101 from \(server.printable.shortened(to: 40))"
    }

    static let deflate = "permessage-deflate"
}
