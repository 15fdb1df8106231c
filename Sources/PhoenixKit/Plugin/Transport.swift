/// Carries frames to a server and back: the plug-in that knows about networks.
///
/// A transport keeps nothing between connections. One call of `withConnection` is the whole life of one connection,
/// and what is true inside it is true for all transports:
///
/// - `body` runs once the connection is open. When the call returns or throws, the connection is gone and everything
///   it held is free.
/// - Cancelling the task ends the connection at once.
/// - Every stage has a deadline from `ConnectionRequest.deadlines`, measured on `ConnectionRequest.clock`.
/// - What the peer sends never traps. A broken rule ends the connection with one error, thrown by `Inbound.next()`.
public protocol Transport: Sendable {
    /// What the transport can do; constant for one value.
    var capabilities: TransportCapabilities { get }

    /// Opens one connection, runs `body` with it, and closes it.
    ///
    /// - Throws: `PhoenixError` when the connection cannot be opened: `.unreachable`, `.tls`, `.timeout`,
    ///   `.proxyRefused`, `.proxyInvalid`, `.upgradeRefused` or `.upgradeInvalid`; whatever `body` throws; `CancellationError` when cancelled before it
    ///   is open.
    func withConnection<Result: Sendable>(
        _ request: ConnectionRequest,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result
}

/// What a transport can do.
public struct TransportCapabilities: Sendable, Hashable {
    /// The transport's name, which is also the last component of the URLs it serves, such as `websocket`.
    public var name: String
    /// The schemes it speaks.
    public var schemes: Schemes
    /// Whether the server forgets the client unless Phoenix heartbeats are sent.
    ///
    /// Long polling needs none.
    public var needsHeartbeat: Bool
    /// The kinds of frame that reach the server.
    public var upstream: Set<Frame.Kind>
    /// The kinds of frame that reach the client.
    public var downstream: Set<Frame.Kind>
    /// Whether wire extensions (permessage-deflate) can be negotiated.
    public var supportsWireExtensions: Bool

    /// Capabilities of these parts; those of a WebSocket where nothing is said.
    public init(
        name: String,
        schemes: Schemes,
        needsHeartbeat: Bool = true,
        upstream: Set<Frame.Kind> = [.text, .binary],
        downstream: Set<Frame.Kind> = [.text, .binary],
        supportsWireExtensions: Bool = false
    ) {
        self.name = name
        self.schemes = schemes
        self.needsHeartbeat = needsHeartbeat
        self.upstream = upstream
        self.downstream = downstream
        self.supportsWireExtensions = supportsWireExtensions
    }

    /// The URL schemes of a transport, in clear and over TLS.
    public struct Schemes: Sendable, Hashable {
        /// The scheme in clear.
        public var plain: String
        /// The scheme over TLS.
        public var secure: String

        /// A scheme and its secure twin.
        public init(plain: String, secure: String) {
            self.plain = plain
            self.secure = secure
        }

        /// `ws` and `wss`.
        public static let webSocket = Schemes(plain: "ws", secure: "wss")
        /// `http` and `https`.
        public static let http = Schemes(plain: "http", secure: "https")
    }
}
