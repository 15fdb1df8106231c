public import NIOCore

/// Gets the bytes of a WebSocket to the server: TCP by default, through an HTTP proxy, or by a Unix domain socket, as third parties like.
///
/// TLS, the upgrade and the frames are not its business; `WebSocketTransport` adds them to the channel.
public protocol WebSocketConnector: Sendable {
    /// Whether any host and port can be connected to, as over TCP, and so a proxy as well.
    ///
    /// Default: false. With a connector that leads to one place, a Unix domain socket for one, the proxy that the
    /// environment names is left alone, and one that is set explicitly is refused.
    var reachesAnyHost: Bool { get }

    /// Opens a connection.
    ///
    /// The channel must be active, run on `request.eventLoop`, carry `ByteBuffer`s, and have `autoRead` off, so that
    /// nothing of what the server says is lost before the transport listens.
    ///
    /// When the task is cancelled, which is also how the connect deadline ends the attempt, the call must return
    /// or throw soon and leave nothing behind. A channel that is returned all the same is closed.
    ///
    /// - Throws: `PhoenixError`, best with `.unreachable`; other errors are wrapped in one.
    func connect(_ request: WebSocketConnectRequest) async throws -> any Channel
}

extension WebSocketConnector {
    public var reachesAnyHost: Bool { false }
}

/// Where a connector is to connect to.
public struct WebSocketConnectRequest: Sendable {
    /// The host of the URL: a name, or an IP address without brackets.
    public var host: String
    /// The port of the URL, or its scheme's own.
    public var port: UInt16
    /// The event loop the channel must run on.
    public var eventLoop: any EventLoop
    /// How long the attempt may take.
    ///
    /// The transport keeps this deadline itself, on the clock of the connection; here it is for connectors that leave
    /// something running in the background.
    public var timeout: Duration

    /// A request for a way to `host` and `port`.
    public init(host: String, port: UInt16, eventLoop: any EventLoop, timeout: Duration) {
        self.host = host
        self.port = port
        self.eventLoop = eventLoop
        self.timeout = timeout
    }
}
