/// A join the server accepted.
public struct Joined: Sendable, Hashable {
    /// The topic that is joined.
    public var topic: String
    /// What `join` returned, and the `join_ref` of the channel from now on.
    public var reference: Reference
    /// What the channel's `join/3` replied.
    public var response: Payload
}

/// A join that came to nothing.
///
/// The topic is not joined.
public struct JoinFailure: Sendable, Hashable {
    /// The topic that is not joined.
    public var topic: String
    /// What `join` returned.
    public var reference: Reference
    /// The server's refusal (any reply but `ok`), `timeout`, `disconnected`, or `channelClosed`.
    public var outcome: PushOutcome

    /// The `reason` of the server's refusal, such as `unmatched topic`; nil when there is none.
    public var reason: String? {
        if case .reply(_, let response) = outcome { response["reason"]?.string } else { nil }
    }
}

/// A channel that is closed while the connection goes on.
public struct ChannelClosure: Sendable, Hashable {
    /// Why a channel closed.
    public enum Kind: Sendable, Hashable {
        /// The server closed it (`phx_close`).
        case closed
        /// It crashed on the server (`phx_error`).
        case crashed
        /// We left it.
        case left
    }

    /// The topic whose channel is closed.
    public var topic: String
    /// The reference of the join that is over.
    public var joinReference: Reference
    /// Why it closed.
    public var kind: Kind
    /// What came with the close: `{}` as a rule, `{"reason":"channel_crash"}` for a crash since Phoenix 1.8.10.
    public var payload: Payload
}

/// The end of a push or of a leave.
public struct Reply: Sendable, Hashable {
    /// The topic that the push or leave went to.
    public var topic: String
    /// What `push` or `leave` returned.
    public var reference: Reference
    /// How it ended.
    public var outcome: PushOutcome
}

/// A heartbeat that the server answered.
public struct HeartbeatAnswer: Sendable, Hashable {
    /// What `ping` returned, or the reference of a heartbeat that was due.
    public var reference: Reference
    /// From the heartbeat's sending to the arrival of the answer.
    public var roundTrip: Duration
}

/// Why a message reached no callback of its own.
public enum DropReason: Sendable, Hashable {
    /// It belongs to an earlier join of its topic.
    case stale
    /// Its topic is not joined, or not yet.
    case notJoined
    /// Its topic has been left.
    case left
    /// It replies to nothing that is awaited: a second reply, or one that came too late.
    case unknownReference
}
