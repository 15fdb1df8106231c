/// What a server bears.
///
/// The defaults are those of Phoenix 1.8 with Bandit; sizes are bytes.
public struct ServerLimits: Sendable, Hashable {
    /// Channels that one socket may join; more are refused with `too many channels joined`.
    ///
    /// Default: 100.
    public var channelsPerSocket = 100
    /// The largest frame accepted; a larger one closes the connection with 1009.
    ///
    /// Default: 10,000,000.
    public var frame = 10_000_000
    /// The largest message in fragments accepted; a larger one closes with 1009.
    ///
    /// Default: 8,000,000.
    public var fragmentedMessage = 8_000_000
    /// How long a socket may stay without data from the client; it is closed with 1002, or as Cowboy with 1000.
    ///
    /// Default: 60 s.
    public var idleTimeout: Duration = .seconds(60)
    /// How long a connection that got its close frame may take to go.
    ///
    /// Default: 5 s.
    public var closeTimeout: Duration = .seconds(5)
    /// How long a connection may take to send a request; it is dropped then.
    ///
    /// Default: 60 s.
    public var requestTimeout: Duration = .seconds(60)
    /// The largest body of a plain HTTP request; a larger one is answered 413.
    ///
    /// Default: 8,000,000.
    public var requestBody = 8_000_000
    /// Messages that may wait for a socket that is blocked or whose client reads too slowly; with more the connection
    /// is cut.
    ///
    /// Default: 1,000,000.
    public var mailbox = 1_000_000
    /// Messages that may wait for a busy channel; with more the channel crashes.
    ///
    /// Default: 10,000.
    public var channelQueue = 10_000
    /// Timers that `after` and delayed messages may have running at a time; what would need more does not happen.
    ///
    /// Default: 100,000.
    public var timers = 100_000
    /// Bytes that may wait to be written to one connection before its mailbox waits.
    ///
    /// Default: 1,000,000.
    public var writeBuffer = 1_000_000
    /// Connections at a time; more are not accepted.
    ///
    /// Default: 20,000.
    public var connections = 20_000

    public init() {}
}
