/// How a socket serves long polling, the options `longpoll:` of Phoenix's `socket/3`.
public struct LongPollOptions: Sendable, Hashable {
    /// Whether the socket is served under `…/longpoll` at all; otherwise the path answers 404.
    ///
    /// Default: true. (Phoenix's own default is false.)
    public var isEnabled = true
    /// How long a poll waits for messages before it is answered 204, and a message for being taken in before its POST is
    /// answered 408 (`window_ms`).
    ///
    /// A session that is not polled for one and a half of it, checked as often, ends. Default: nil, what
    /// `ServerLimits.pollWindow` says.
    public var window: Duration?
    /// How long a request waits for a session that does not answer, because it has ended or is busy, before it is
    /// answered 410 (`pubsub_timeout_ms`).
    ///
    /// Default: nil, what `ServerLimits.sessionTimeout` says.
    public var sessionTimeout: Duration?

    /// Options; the real server's where nothing is given.
    public init(isEnabled: Bool = true, window: Duration? = nil, sessionTimeout: Duration? = nil) {
        self.isEnabled = isEnabled
        self.window = window
        self.sessionTimeout = sessionTimeout
    }
}
