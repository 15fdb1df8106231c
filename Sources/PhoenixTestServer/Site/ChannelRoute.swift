public import PhoenixKit

/// Describes the channel behind a topic: what a join answers and what each event does.
///
/// An error thrown by a handler crashes the channel, as an exception does in Phoenix: the client gets `phx_error`, or
/// `join crashed` in answer to a join. An event without a handler crashes it too.
public struct ChannelRoute: Sendable {
    /// Answers a join.
    public typealias Join = @Sendable (ChannelContext, Payload) throws -> JoinOutcome
    /// Answers an event.
    public typealias Event = @Sendable (ChannelContext, Message) throws -> EventOutcome
    /// Does something with the channel.
    public typealias Step = @Sendable (ChannelContext) throws -> Void

    var join: Join = { _, _ in .ok() }
    var events: [Bytes: Event] = [:]
    var anyEvent: Event?
    var terminate: Step?

    /// Sets what answers a join.
    ///
    /// Without it every join is accepted with an empty response.
    public mutating func onJoin(_ join: @escaping Join) {
        self.join = join
    }

    /// Sets what answers `event`.
    public mutating func on(_ event: String, _ handler: @escaping Event) {
        events[Bytes(event)] = handler
    }

    /// Sets what answers the events that no handler is set for.
    public mutating func onAny(_ handler: @escaping Event) {
        anyEvent = handler
    }

    /// Sets what runs when a joined channel ends, however it ends.
    ///
    /// What it pushes is not sent any more.
    public mutating func onTerminate(_ step: @escaping Step) {
        terminate = step
    }
}
