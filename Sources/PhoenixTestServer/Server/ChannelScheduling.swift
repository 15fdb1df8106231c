/// When a channel gets to work on what its socket hands it.
///
/// In Phoenix every channel is a process of its own, so both orders occur; they differ only for messages that arrive
/// together in one read.
public enum ChannelScheduling: Sendable, Hashable {
    /// At once, before the socket looks at the next message.
    ///
    /// Nearly always what happens in Phoenix.
    case prompt
    /// After the socket has handled all that arrived with it.
    ///
    /// A join behind a leave then overtakes it, and the leave is never answered: what happened with Bandit in 25 of
    /// 300 tries.
    case deferred
}
