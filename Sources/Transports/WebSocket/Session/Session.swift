internal import NIOCore
internal import NIOSSL
internal import PhoenixKit

/// One open connection, seen from the task that owns it.
///
/// A class, so that the frames of that task, which last as long as the connection, hold one reference.
final class Session: Sendable {
    private let channel: any Channel
    private let parts: ConnectionHandler.Parts
    private let handler: NIOLoopBound<ConnectionHandler>
    private let connection: Connection

    private init(
        channel: any Channel,
        parts: ConnectionHandler.Parts,
        handler: NIOLoopBound<ConnectionHandler>,
        details: ConnectionDetails
    ) {
        self.channel = channel
        self.parts = parts
        self.handler = handler
        connection = Connection(inbound: parts.inbound, outbound: parts.outbound, details: details)
    }

    /// The names of the extensions in use.
    var extensions: [String] { connection.details.extensions }

    /// Runs `body` with the connection and closes it, whatever becomes of `body`.
    ///
    /// The closures below name `isolation`, where `body` is to run; without that they would leave it.
    func run<Result: Sendable>(
        isolation: isolated (any Actor)? = #isolation,
        executor: WebSocketTransport.Configuration.Executor,
        keepAlive: Duration?,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        parts.closing.start { [self] in tell { $0.closeNow() } }
        let pings = pings(every: keepAlive)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(
                try await withTaskCancellationHandler {
                    _ = isolation
                    switch executor {
                    case .caller:
                        return try await body(connection)
                    case .connection:
                        return try await withTaskExecutorPreference(EventLoopExecutor(channel.eventLoop)) {
                            _ = isolation
                            return try await body(connection)
                        }
                    }
                } onCancel: {
                    tell { $0.closeNow() }
                }
            )
        } catch {
            result = .failure(error)
        }
        await leave(pings)
        return try result.get()
    }

    /// The task that sends pings, where they are wanted.
    ///
    /// Not a child of a task group, whose body would leave the isolation of the caller. It ends with `run` all the same: there is no way past
    /// `leave`.
    @inline(never)
    private func pings(every interval: Duration?) -> Task<Void, Never>? {
        interval.map { interval in Task { await keepAlivePings(every: interval) } }
    }

    /// Closes the connection, and waits until it is gone and with it all that ran beside it.
    @inline(never)
    private func leave(_ pings: Task<Void, Never>?) async {
        let gone = OneShot<Void>()
        channel.closeFuture.whenComplete { _ in gone.complete(.success(())) }
        await withTaskCancellationHandler {
            tell { $0.leave() }
            try? await gone.valueWhateverHappens()
        } onCancel: {
            tell { $0.closeNow() }
        }
        pings?.cancel()
        await parts.closing.end()
        await pings?.value
    }

    private func keepAlivePings(every interval: Duration) async {
        // Twice the interval must be a duration, too.
        let interval = min(interval, .seconds(31_536_000))
        guard interval > .zero else { return }
        var next = parts.clock.now + interval
        while true {
            do { try await parts.clock.sleep(until: next) } catch { return }
            let now = parts.clock.now
            tell { $0.keepAlive(every: interval, at: now) }
            next = max(next, now) + interval
        }
    }

    /// Calls `body` with the handler on its event loop.
    private func tell(_ body: @escaping @Sendable (ConnectionHandler) -> Void) {
        let handler = handler
        channel.eventLoop.execute { body(handler.value) }
    }
}

extension Session {
    /// Opens a connection: everything that can be refused is refused first, then the stages follow, each with its
    /// deadline.
    ///
    /// In a task of its own: the memory that a task has once used it keeps to its end, and the caller's lasts as long as the connection.
    @inline(never)
    static func open(_ request: ConnectionRequest, by transport: WebSocketTransport) async throws -> Session {
        let opening = Task {
            try await open(request, connector: transport.connector, configuration: transport.configuration)
        }
        return try await withTaskCancellationHandler {
            try await opening.value
        } onCancel: {
            opening.cancel()
        }
    }

    private static func open(
        _ request: ConnectionRequest,
        connector: any WebSocketConnector,
        configuration: WebSocketTransport.Configuration
    ) async throws -> Session {
        let url = request.url
        guard url.scheme == "ws" || url.scheme == "wss" else {
            throw PhoenixError(.invalidURL, "Expected a URL with the scheme ws or wss, got \(url.scheme).")
        }
        let upgrade = try UpgradeRequest(
            request,
            subprotocols: configuration.subprotocols,
            random: configuration.random
        )
        let proxy = try proxy(for: request, connector)
        let context = url.isSecure ? try await configuration.tls.makeContext(host: url.host) : nil
        try Task.checkCancellation()

        let channel = try await at(.connect) {
            try await connect(
                request,
                connector: proxy.map { HTTPProxyConnector($0, connector: connector, limits: request.limits) }
                    ?? connector,
                called: proxy.map { "connecting through the proxy \($0)" } ?? "connecting",
                on: configuration.eventLoopGroup.next()
            )
        }
        let parts = ConnectionHandler.Parts(
            inbound: InboundQueue(),
            outbound: OutboundQueue(
                limits: request.limits,
                deadline: request.deadlines.write,
                clock: request.clock
            ),
            closing: ClosingWatch(limit: request.deadlines.close, clock: request.clock),
            clock: request.clock,
            limits: request.limits,
            random: configuration.random
        )
        let opened: HandshakeHandler.Opened
        do {
            opened = try await shakeHands(
                upgrade,
                on: channel,
                parts: parts,
                host: url.host,
                deadlines: request.deadlines,
                tls: context.map { (configuration.tls, $0, configuration.onSecured) }
            )
        } catch {
            // Waits for the socket to be free; the handshake has closed it, or this does.
            channel.eventLoop.execute { channel.closeAtOnce() }
            let gone = OneShot<Void>()
            channel.closeFuture.whenComplete { _ in gone.complete(.success(())) }
            try? await gone.valueWhateverHappens()
            throw error
        }
        return Session(channel: channel, parts: parts, handler: opened.handler, details: opened.details)
    }

    /// Runs one stage of the opening, and says in its errors which it was.
    private static func at<Result>(
        _ stage: ConnectionStage,
        _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch var error as PhoenixError {
            error.stage = stage
            throw error
        }
    }

    /// The proxy that the request's settings ask for.
    ///
    /// The environment's counts for connectors alone that can reach it.
    private static func proxy(
        for request: ConnectionRequest,
        _ connector: any WebSocketConnector
    ) throws(PhoenixError) -> Proxy? {
        if connector.reachesAnyHost { return try request.proxy.proxy(for: request.url) }
        guard let proxy = try request.proxy.proxy(for: request.url, environment: [:]) else { return nil }
        throw PhoenixError(
            .invalidOption,
            "Expected a connector that leads to any host, got one that leads to one place, and the proxy \(proxy) besides. "
                + "Set the proxy to none, or put the connector into an HTTPProxyConnector."
        )
    }

    /// Has the connector connect, within the deadline.
    ///
    /// A channel that comes too late is closed.
    private static func connect(
        _ request: ConnectionRequest,
        connector: any WebSocketConnector,
        called stage: String,
        on eventLoop: any EventLoop
    ) async throws -> any Channel {
        let target = WebSocketConnectRequest(
            host: request.url.host,
            port: request.url.port ?? request.url.defaultPort,
            eventLoop: eventLoop,
            timeout: request.deadlines.connect
        )
        let deadline = Deadline(stage, within: request.deadlines.connect, clock: request.clock)
        let result = OneShot<any Channel>()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    let channel = try await connector.connect(target)
                    if !result.complete(.success(channel)) { channel.close(promise: nil) }
                } catch let error as PhoenixError {
                    result.complete(.failure(error))
                } catch let error as CancellationError {
                    result.complete(.failure(error))
                } catch {
                    let failure = PhoenixError(.unreachable, "The connector did not connect: \(error).", cause: error)
                    result.complete(.failure(failure))
                }
            }
            group.addTask {
                do { try await request.clock.sleep(until: deadline.end) } catch { return }
                result.complete(.failure(deadline.error))
            }
            defer { group.cancelAll() }
            return try await result.value()
        }
    }

    /// TLS, where asked for, and the upgrade.
    private static func shakeHands(
        _ upgrade: UpgradeRequest,
        on channel: any Channel,
        parts: ConnectionHandler.Parts,
        host: String,
        deadlines: ConnectionDeadlines,
        tls: (options: TLSOptions, context: NIOSSLContext, onSecured: @Sendable () -> Void)?
    ) async throws -> HandshakeHandler.Opened {
        let results = HandshakeHandler.Results()
        let installed = OneShot<NIOLoopBound<HandshakeHandler>>()
        let clock = parts.clock
        channel.eventLoop.execute {
            let handler = HandshakeHandler(
                upgrade,
                host: host,
                checksHost: tls?.options.verification == .full,
                parts: parts,
                results: results
            )
            do {
                let tlsHandler = try tls.map { try $0.options.makeHandler($0.context, host: host) }
                installed.complete(.success(NIOLoopBound(handler, eventLoop: channel.eventLoop)))
                try HandshakeHandler.install(handler, tls: tlsHandler, in: channel)
            } catch {
                let failure =
                    error as? PhoenixError
                    ?? PhoenixError(.unreachable, "\(host) closed the connection before the upgrade.", cause: error)
                installed.complete(.failure(failure))
                handler.fail(failure)
            }
        }
        let handler = try await installed.valueWhateverHappens()
        @Sendable func tell(_ body: @escaping @Sendable (HandshakeHandler) -> Void) {
            channel.eventLoop.execute { body(handler.value) }
        }
        @Sendable func expire(_ deadline: Deadline) {
            tell { $0.expire(deadline.error) }
        }
        return try await withTaskCancellationHandler {
            if let tls {
                let deadline = Deadline("the TLS handshake", within: deadlines.tls, clock: clock)
                try await at(.tls) {
                    try await deadline.race(expired: { expire(deadline) }) { try await results.secured.value() }
                }
                tls.onSecured()
            }
            let deadline = Deadline("the upgrade", within: deadlines.upgrade, clock: clock)
            tell { $0.ask() }
            return try await at(.upgrade) {
                try await deadline.race(expired: { expire(deadline) }) { try await results.upgraded.value() }
            }
        } onCancel: {
            tell { $0.fail(CancellationError()) }
        }
    }
}
