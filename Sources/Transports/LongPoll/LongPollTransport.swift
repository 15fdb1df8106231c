private import Logging
public import PhoenixKit

/// Carries frames over HTTP requests, for where WebSockets do not get through (`Phoenix.Transports.LongPoll`).
///
/// ```swift
/// let transport = LongPollTransport()
/// let request = ConnectionRequest(url: endpoint, serializer: serializer.capabilities)
/// try await transport.withConnection(request) { connection in
///     try await connection.outbound.write([.text(#"["1","1","room:a","phx_join",{}]"#)])
///     while case .frames(let batch)? = try await connection.inbound.next() {
///         for frame in batch.frames { print(frame.bytes.text) }
///     }
/// }
/// ```
///
/// The server must have the transport switched on for its socket (`longpoll: true`). Some things differ from a WebSocket:
///
/// - The server is asked for frames only while `Inbound.next()` is called or when it is called next. One that hears of no
///   poll for one and a half windows (15 s by default, checked as often) forgets the session, whatever is written meanwhile.
/// - Frames that are lost with a request are lost for good, in either direction: nothing is sent twice. The connection ends
///   then, with an error that says so.
/// - Binary frames reach the server; none comes from there, since Phoenix breaks them.
/// - A connection that ends leaves its last poll behind, for what remains of the server's window, where the engine cannot
///   end it safely. See the engine for how many of these there may be.
///
/// When the body is done, what it wrote is sent first, for at most `ConnectionDeadlines.close`. A parameter of the URL called
/// `token` reaches the server's `connect/3` although the session's token has the same name.
public struct LongPollTransport: Transport {
    /// The settings.
    public var configuration: Configuration
    /// What makes the requests.
    public var engine: any HTTPEngine

    /// A transport whose requests go through `engine`.
    public init(engine: any HTTPEngine = URLSessionEngine.shared, configuration: Configuration = Configuration()) {
        self.engine = engine
        self.configuration = configuration
    }

    public var capabilities: TransportCapabilities {
        TransportCapabilities(name: "longpoll", schemes: .http, needsHeartbeat: false, downstream: [.text])
    }

    public func withConnection<Result: Sendable>(
        _ request: ConnectionRequest,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        let session = try await Session.open(request, engine: engine, configuration: configuration)
        request.logger.debug(
            "Long-poll session open",
            metadata: ["url": "\(request.url)", "connection": "\(request.generation)", "engine": "\(engine.name)"]
        )
        return try await session.run(body)
    }
}
