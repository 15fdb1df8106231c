public import Logging
public import PhoenixKit

/// What an engine needs to know for the requests of one connection.
public struct HTTPSessionRequest: Sendable {
    /// Where the requests will go: scheme, host and port are the same in all of them.
    public var url: Endpoint
    /// How long finding the address and connecting may take.
    ///
    /// For engines that can tell; the transport keeps deadlines of its own for whole requests.
    public var connectTimeout: Duration
    /// Which proxy to go through: `proxy.proxy(for: url)` says it.
    ///
    /// An engine that cannot go through it, or not past it, throws `.invalidOption` and says which engine can.
    public var proxy: ProxySettings
    /// The clock of the connection.
    public var clock: any PhoenixClock
    /// Where the engine reports what it does.
    public var logger: Logger

    /// A request for a session with the server of `url`.
    public init(
        url: Endpoint,
        connectTimeout: Duration,
        proxy: ProxySettings = .environment,
        clock: any PhoenixClock = SystemClock(),
        logger: Logger = Logger(label: "phoenix", factory: { _ in SwiftLogNoOpLogHandler() })
    ) {
        self.url = url
        self.connectTimeout = connectTimeout
        self.proxy = proxy
        self.clock = clock
        self.logger = logger
    }
}
