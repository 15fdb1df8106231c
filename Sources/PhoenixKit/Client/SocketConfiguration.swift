public import Logging

/// The settings of a client.
public struct SocketConfiguration: Sendable {
    /// How long a join may take unless the call says otherwise.
    ///
    /// Default: 10 s, as in phoenix.js.
    public var joinTimeout: Duration = .seconds(10)
    /// How long a push or a leave may take unless the call says otherwise.
    ///
    /// Default: 10 s.
    public var pushTimeout: Duration = .seconds(10)
    /// How often a heartbeat is sent, on transports that need any.
    ///
    /// Default: 30 s; Phoenix closes a WebSocket on which nothing came for 60 s.
    public var heartbeatInterval: Duration = .seconds(30)
    /// How long a connection may stay silent after a heartbeat before it counts as dead.
    ///
    /// Default: 15 s.
    public var heartbeatTimeout: Duration = .seconds(15)
    /// How long a move to another target waits for what is outstanding on the present connection.
    ///
    /// Default: 5 s.
    public var moveTimeout: Duration = .seconds(5)
    /// Headers sent with every connection.
    public var headers: [HeaderField] = []
    /// Which proxy connections go through, unless the registry's option `proxy` says otherwise.
    ///
    /// Default: the one that the environment names, as for curl.
    public var proxy = ProxySettings.environment
    /// How long each stage of a connection may take.
    public var deadlines = ConnectionDeadlines()
    /// How large what comes and goes may be.
    public var limits = ConnectionLimits()
    /// How many bytes of frames may wait to be written before `push`, `join` and `leave` throw `.bufferFull`.
    ///
    /// Default: 8 MB.
    public var outboundBuffer: Int = 8_000_000
    /// How many references may be outstanding at a time before they throw `.bufferFull`.
    ///
    /// Default: 65,536.
    public var outstandingLimit: Int = 65_536
    /// How many infos and calls may wait for the handler before `send` and `call` throw `.bufferFull`.
    ///
    /// Default: 65,536.
    public var mailboxLimit: Int = 65_536
    /// Who sees every frame in and out, for debugging.
    ///
    /// Default: nobody.
    public var wiretap: (any Wiretap)?
    /// Where the client's numbers go.
    ///
    /// Default: nowhere.
    public var metrics: SocketMetrics?
    /// Who waits for what the handler passes on.
    var wakeList: WakeList?
    /// Where time comes from.
    public var clock: any PhoenixClock = SystemClock()
    /// Where the client reports what it does.
    ///
    /// Silent by default.
    public var logger = Logger(label: "phoenix", factory: { _ in SwiftLogNoOpLogHandler() })

    /// The defaults.
    public init() {}
}
