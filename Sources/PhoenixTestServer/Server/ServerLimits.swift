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
    /// The largest message once inflated; a larger one closes with 1009.
    ///
    /// Default: 64,000,000. As Bandit, a server also closes with 1009 when a message of more than 32 kB has more than 25
    /// times the size it came with.
    public var inflatedMessage = 64_000_000
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
    /// The largest body of an HTTP request; a larger one is answered 413, one of long polling 400.
    ///
    /// The connection is reset when more than twice as much comes.
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
    /// How long a poll waits for messages before it is answered 204, where the socket's route does not say
    /// (`window_ms`).
    ///
    /// Default: 10 s.
    public var pollWindow: Duration = .seconds(10)
    /// How long a long-poll request waits for a session that does not answer before it is answered 410, where the
    /// socket's route does not say (`pubsub_timeout_ms`).
    ///
    /// Default: 2 s.
    public var sessionTimeout: Duration = .seconds(2)
    /// Messages of a long-poll batch that are looked at; those behind them are ignored without a word.
    ///
    /// Default: 100.
    public var batch = 100
    /// Long-poll sessions at a time, and long-poll requests that wait at a time; what would need more is answered 503.
    ///
    /// Default: 20,000.
    public var longPollSessions = 20_000
    /// Messages that may wait in a long-poll session for its next poll; with more the session ends.
    ///
    /// Default: 100,000.
    public var longPollMessages = 100_000
    /// Bytes of messages that may wait in a long-poll session for its next poll; with more the session ends.
    ///
    /// Default: 64,000,000.
    public var longPollBytes = 64_000_000
    /// Connections at a time; more are not accepted.
    ///
    /// Default: 20,000.
    public var connections = 20_000

    /// The limits of a real server.
    public init() {}
}
