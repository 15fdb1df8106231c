public import PhoenixKit

/// Why a `TestSocket` could not do what it was asked: the error reasons of phoenix_gen_socket_client, one case each.
///
/// Two errors are equal when they are of the same case and say the same about topic, status, response and code; messages and
/// causes do not count.
public enum TestSocketError: Error, Sendable {
    /// The server answered a join or a leave with another status than `ok`.
    case serverRejected(topic: String, status: String, response: Payload)
    /// There is no connection, or it was lost before the answer.
    case disconnected
    /// The topic is joined, or is being joined.
    case alreadyJoined
    /// The topic is not joined.
    case notJoined
    /// No answer came in time.
    case timeout
    /// The channel closed or crashed before the answer.
    case channelClosed
    /// The topic was left before the answer.
    case left
    /// The payload or the message cannot be encoded; nothing was sent.
    case encoding(PhoenixError)
    /// The socket has stopped, or the task that waited was cancelled.
    case stopped
    /// Anything else, such as `.bufferFull` or `.invalidURL`.
    case other(PhoenixError)

    init(_ error: PhoenixError) {
        self =
            switch error.code {
            case .disconnected: .disconnected
            case .alreadyJoined: .alreadyJoined
            case .notJoined: .notJoined
            case .timeout: .timeout
            case .encoding: .encoding(error)
            case .stopped: .stopped
            default: .other(error)
            }
    }

    /// The error that `outcome` means for a request on `topic`, unless the server replied `ok`.
    init?(_ outcome: PushOutcome, topic: String) {
        switch outcome {
        case .reply("ok", _): return nil
        case .reply(let status, let response):
            self = .serverRejected(topic: topic, status: status, response: response)
        case .timeout: self = .timeout
        case .channelClosed: self = .channelClosed
        case .disconnected: self = .disconnected
        case .left: self = .left
        case .refused(let refusal): self = .other(PhoenixError(refusal.code, refusal.message))
        }
    }
}

extension TestSocketError: Hashable {
    public static func == (left: TestSocketError, right: TestSocketError) -> Bool {
        left.essence == right.essence
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(essence)
    }

    /// What counts when errors are compared.
    private var essence: [AnyHashable] {
        switch self {
        case .serverRejected(let topic, let status, let response): ["rejected", topic, status, response]
        case .other(let error), .encoding(let error): ["error", error.code]
        case .disconnected, .alreadyJoined, .notJoined, .timeout, .channelClosed, .left, .stopped: [description]
        }
    }
}

extension TestSocketError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .serverRejected(let topic, let status, let response):
            "the server rejected \(topic) with \(status): \(response.bytes.text)"
        case .disconnected: "disconnected"
        case .alreadyJoined: "already joined"
        case .notJoined: "not joined"
        case .timeout: "timeout"
        case .channelClosed: "the channel closed"
        case .left: "left"
        case .encoding(let error), .other(let error): error.description
        case .stopped: "stopped"
        }
    }
}
