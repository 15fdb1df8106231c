private import Logging
internal import NIOCore
internal import NIOSSL
public import PhoenixKit

/// Carries frames over WebSocket (RFC 6455), in clear and over TLS.
///
/// ```swift
/// let transport = WebSocketTransport()
/// let request = ConnectionRequest(url: endpoint, serializer: serializer.capabilities)
/// try await transport.withConnection(request) { connection in
///     try await connection.outbound.write([.text("hello")])
///     while case .frames(let batch)? = try await connection.inbound.next() {
///         for frame in batch.frames { print(frame.bytes.text) }
///     }
/// }
/// ```
///
/// The request names no `Origin` and no `User-Agent` unless its headers do: Phoenix checks an origin only where there
/// is one. Of the headers it writes itself only `Host` may be replaced.
///
/// Where `ConnectionRequest.proxy` names a proxy, the connection goes through a tunnel that it is asked for, within the
/// connect deadline: see `HTTPProxyConnector`.
///
/// Pings are answered at once, also while nobody pulls. Nothing is read beyond two batches that wait. When the body is
/// done while the connection is open, it is closed with 1000, and the call returns when the server has closed its end
/// too, at most after `ConnectionDeadlines.close`.
public struct WebSocketTransport: Transport {
    /// The settings.
    public var configuration: Configuration
    /// How the bytes get to the server.
    public var connector: any WebSocketConnector

    /// A transport that reaches servers by `connector`.
    public init(connector: any WebSocketConnector = TCPConnector(), configuration: Configuration = Configuration()) {
        self.connector = connector
        self.configuration = configuration
    }

    public var capabilities: TransportCapabilities {
        TransportCapabilities(
            name: "websocket",
            schemes: .webSocket,
            needsHeartbeat: true,
            supportsWireExtensions: true
        )
    }

    public func withConnection<Result: Sendable>(
        _ request: ConnectionRequest,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        let session = try await Session.open(request, by: self)
        Self.log(session, request)
        return try await session.run(
            executor: configuration.executor,
            keepAlive: configuration.keepAlive,
            body
        )
    }

    /// Not inlined, so that what it needs takes no room in the frame of the connection.
    @inline(never)
    private static func log(_ session: Session, _ request: ConnectionRequest) {
        var metadata: Logger.Metadata = ["url": "\(request.url)", "connection": "\(request.generation)"]
        if !session.extensions.isEmpty { metadata["extensions"] = "\(session.extensions.joined(separator: ", "))" }
        request.logger.debug("WebSocket open", metadata: metadata)
    }
}
