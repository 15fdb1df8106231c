public import PhoenixKit
internal import Synchronization

/// A transport without a network: the test at its other end plays the server, frame by frame.
///
///     let transport = LoopbackTransport()
///     let client = SocketClient(MyHandler(), transport: transport, serializer: JSONSerializer.v2)
///     client.start()
///     let server = await transport.accept()
///     let join = try await server.receive()
///
/// Every wait ends when what is awaited comes, or when the task is cancelled; give the test a time limit.
public final class LoopbackTransport: Transport {
    private struct State {
        var refusals: [PhoenixError] = []
        var hangs: @Sendable (ConnectionRequest) -> Bool = { _ in false }
    }

    public let capabilities: TransportCapabilities
    private let state = Mutex(State())
    /// Connections that nobody has accepted yet.
    private let opened = WaitingLine<LoopbackServer>(limit: 65_536)

    /// Creates a transport with the capabilities of a WebSocket, or others.
    public init(
        capabilities: TransportCapabilities = TransportCapabilities(
            name: "websocket",
            schemes: .webSocket,
            supportsWireExtensions: true
        )
    ) {
        self.capabilities = capabilities
    }

    /// The next connection a client opens, or one that waits already.
    ///
    /// When the task is cancelled while it waits, a connection that is over.
    public func accept() async -> LoopbackServer {
        if let server = try? await accept(within: .seconds(1_000_000_000), on: SystemClock()) { return server }
        let nothing = SerializerCapabilities(emits: [], accepts: [], isLineBatchable: false)
        let url = Endpoint(scheme: "loopback", host: "cancelled", path: "")
        let server = LoopbackServer(request: ConnectionRequest(url: url, serializer: nothing))
        server.endReached()
        return server
    }

    /// The next connection a client opens within `timeout`, or one that waits already.
    ///
    /// - Throws: `.timeout`; `.stopped` when the task was cancelled.
    func accept(within timeout: Duration, on clock: any PhoenixClock) async throws(PhoenixError) -> LoopbackServer {
        try await opened.next(within: timeout, on: clock)
    }

    /// Lets the next attempt to connect fail with `error`.
    public func refuseNext(_ error: PhoenixError) {
        state.withLock { $0.refusals.append(error) }
    }

    /// Lets attempts to connect wait until they are cancelled: all of them, or those that `condition` picks.
    public func hang(where condition: @escaping @Sendable (ConnectionRequest) -> Bool = { _ in true }) {
        state.withLock { $0.hangs = condition }
    }

    public func withConnection<Result: Sendable>(
        _ request: ConnectionRequest,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        let (refusal, hangs) = state.withLock { state in
            (state.refusals.isEmpty ? nil : state.refusals.removeFirst(), state.hangs)
        }
        try Task.checkCancellation()
        if let refusal { throw refusal }
        let server = LoopbackServer(request: request)
        if hangs(request) {
            // Nobody ends this wait but cancellation.
            await server.waitForEnd()
            throw CancellationError()
        }
        opened.add(server)
        defer { server.endReached() }
        let end = LoopbackServer.ClientEnd(server: server)
        return try await body(Connection(inbound: end, outbound: end))
    }
}
