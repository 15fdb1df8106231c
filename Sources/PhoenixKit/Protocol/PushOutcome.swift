/// How a reference ended.
///
/// Every reference that a join, leave or push returned ends exactly once.
///
/// An enum on purpose: that these are all the ways is part of the promise.
public enum PushOutcome: Sendable, Hashable {
    /// The server replied.
    ///
    /// The status is any string; Phoenix's own are `ok` and `error`.
    case reply(status: String, response: Payload)
    /// No reply came in time.
    ///
    /// The server may have acted all the same.
    case timeout
    /// The server closed the channel, or it crashed, before it replied.
    case channelClosed
    /// The connection was lost before a reply came.
    ///
    /// The server may have acted all the same.
    case disconnected
    /// The channel was left before a reply came; for a leave itself: the channel is left, though no reply said so.
    case left
    /// Nothing was sent, because of a bound or because the payload cannot be expressed.
    ///
    /// Only for pushes of a `PhoenixChannel`; the callback client throws instead.
    case refused(Refusal)

    /// Why nothing was sent: the code and the message of an error.
    public struct Refusal: Sendable, Hashable {
        /// The kind of error.
        public var code: PhoenixError.Code
        /// What was expected, what came, and what to do.
        public var message: String

        init(_ error: PhoenixError) {
            (code, message) = (error.code, error.message)
        }
    }

    /// The response, when the server replied with the status `ok`.
    public var response: Payload? {
        if case .reply("ok", let response) = self { response } else { nil }
    }
}
