internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import PhoenixKit

/// A Phoenix server in this process, for tests and demonstrations.
///
/// It speaks WebSocket, compressed where asked for, and long polling with Phoenix's serializers of version 1 and 2, the way
/// Phoenix 1.8 with Bandit does (or with Cowboy: `ServerAdapter`), keeps a journal of what it received and sent, and goes
/// wrong on request (`Fault`). It is not a Phoenix for production: it has no cluster, no sessions, no supervision, and one
/// thread.
///
///     try await PhoenixTestServer.withServer { site in
///         site.socket("/socket") { socket in
///             socket.channel("room:*") { channel in
///                 channel.on("echo") { context, message in .reply("ok", message.payload) }
///             }
///         }
///     } _: { server in
///         // connect to server.url("/socket/websocket")
///     }
public final class PhoenixTestServer: Sendable {
    /// The address the server listens on.
    public let host: String
    /// The port the server listens on.
    public let port: Int
    /// What the server received and sent.
    public let journal: Journal

    let eventLoop: any EventLoop
    let state: NIOLoopBound<Host>
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let isSecure: Bool
    let lifetime: Lifetime

    private init(
        group: MultiThreadedEventLoopGroup,
        listener: any Channel,
        state: NIOLoopBound<Host>,
        journal: Journal,
        lifetime: Lifetime,
        configuration: Configuration
    ) {
        self.group = group
        self.listener = listener
        self.state = state
        self.journal = journal
        self.lifetime = lifetime
        eventLoop = listener.eventLoop
        host = configuration.host
        port = listener.localAddress?.port ?? configuration.port
        isSecure = configuration.tls != nil
    }

    /// Starts a server.
    ///
    /// Stop it with `stop()`.
    ///
    /// - Throws: `PhoenixError` with `.unreachable` when it cannot listen, `.tls` when the certificate cannot be read,
    ///   `.invalidOption` when the port is none.
    public static func start(
        _ configuration: Configuration = Configuration(),
        site: Site
    ) async throws
        -> PhoenixTestServer
    {
        guard (0...65_535).contains(configuration.port) else {
            throw PhoenixError(
                .invalidOption,
                "Expected a port from 0 to 65535, got \(configuration.port). 0 takes one that is free."
            )
        }
        let tls = try configuration.tls.map { settings throws(PhoenixError) in try settings.context() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let eventLoop = group.next()
        let journal = Journal(limits: configuration.journal)
        let lifetime = Lifetime()
        do {
            let state = try await eventLoop.submit { () -> NIOLoopBound<Host> in
                let host = makeHost(configuration, site, journal, lifetime, on: eventLoop)
                return NIOLoopBound(host, eventLoop: eventLoop)
            }.get()
            let listener = try await listen(configuration, tls, state, on: group)
            return PhoenixTestServer(
                group: group,
                listener: listener,
                state: state,
                journal: journal,
                lifetime: lifetime,
                configuration: configuration
            )
        } catch {
            try? await group.shutdownGracefully()
            throw PhoenixError(
                .unreachable,
                "Expected to listen on port \(configuration.port) of \(configuration.host), could not: \(error). "
                    + "Take another port, or 0 for any that is free.",
                cause: error
            )
        }
    }

    /// Starts a server whose site `build` describes.
    public static func start(
        _ configuration: Configuration = Configuration(),
        _ build: (inout Site) throws -> Void
    ) async throws -> PhoenixTestServer {
        try await start(configuration, site: try Site(build))
    }

    /// Starts a server, runs `body` with it, and stops it, whatever `body` does.
    @discardableResult
    public static func withServer<Result>(
        _ configuration: Configuration = Configuration(),
        site: Site,
        _ body: (PhoenixTestServer) async throws -> Result
    ) async throws -> Result {
        let server = try await start(configuration, site: site)
        do {
            let result = try await body(server)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Starts a server whose site `build` describes, runs `body` with it, and stops it.
    @discardableResult
    public static func withServer<Result>(
        _ configuration: Configuration = Configuration(),
        _ build: (inout Site) throws -> Void,
        _ body: (PhoenixTestServer) async throws -> Result
    ) async throws -> Result {
        try await withServer(configuration, site: try Site(build), body)
    }

    /// The URL of a path of this server, such as `/socket/websocket`.
    public func url(_ path: String) -> String {
        let host = host.contains(":") ? "[\(host)]" : host
        return "\(isSecure ? "wss" : "ws")://\(host):\(port)\(path)"
    }

    /// Stops the server and returns when nothing of it is left: no connection, no thread.
    ///
    /// A second call does nothing.
    ///
    /// - Parameter abruptly: whether connections are dropped without a close frame. Otherwise sockets with channels are
    ///   closed with 1012 and those without with 1000, as Bandit does; with `ServerAdapter.cowboy` those without are
    ///   dropped.
    public func stop(abruptly: Bool = false) async {
        guard lifetime.end() else { return }
        try? await listener.close()
        let state = state
        let remains = try? await eventLoop.submit { state.value.shutDown(abruptly: abruptly) }.get()
        await remains?.sleeper?.value
        try? await remains?.connections.get()
        try? await group.shutdownGracefully()
    }

    private static func makeHost(
        _ configuration: Configuration,
        _ site: Site,
        _ journal: Journal,
        _ lifetime: Lifetime,
        on eventLoop: any EventLoop
    ) -> Host {
        let box = NIOLoopBoundBox<Host?>(nil, eventLoop: eventLoop)
        let world = World(
            site: site,
            adapter: configuration.adapter,
            limits: configuration.limits,
            scheduling: configuration.scheduling,
            serializers: configuration.serializers,
            journal: journal,
            // The box is emptied at the end, which breaks the circle of host, world and gate.
            gate: WorldGate { body in
                guard !lifetime.isOver else { return }
                eventLoop.execute { box.value?.tell { body($0) } }
            },
            secret: configuration.secret,
            at: configuration.clock.now
        )
        let host = Host(eventLoop: eventLoop, world: world, clock: configuration.clock, logger: configuration.logger)
        box.value = host
        host.onShutDown = { box.value = nil }
        return host
    }

    private static func listen(
        _ configuration: Configuration,
        _ tls: NIOSSLContext?,
        _ state: NIOLoopBound<Host>,
        on group: MultiThreadedEventLoopGroup
    ) async throws -> any Channel {
        let limits = configuration.limits
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(
                .writeBufferWaterMark,
                value: .init(low: max(1, limits.writeBuffer / 2), high: max(1, limits.writeBuffer))
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let host = state.value
                    guard host.channels.count < limits.connections else { throw ChannelError.connectPending }
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandler(HTTPResponseEncoder())
                    try pipeline.addHandler(
                        ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
                    )
                    try pipeline.addHandler(RequestHandler(host: host, isSecure: tls != nil))
                    host.adopt(channel)
                }
            }
            .bind(host: configuration.host, port: configuration.port)
            .get()
    }
}
