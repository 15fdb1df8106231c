internal import PhoenixKit

/// A long-poll request that has not been answered yet: what Phoenix keeps in the request's process.
struct LongPollRequest {
    /// What it waits for.
    enum State {
        /// That the session says it is there.
        case resuming
        /// Messages.
        case polling
        /// That the session has taken in a message; those behind it wait.
        case posting(remaining: ArraySlice<Frame>)
    }

    var request: SiteRequest
    let route: SocketRoute
    /// As the client sent it, or that of the session begun for it.
    var token: String
    var state = State.resuming
    var timer: UInt64?
    /// What is to go wrong with the answer.
    var fault: Fault.RequestAction?
    /// The connection of its session, for the journal.
    var connection: UInt64?
}
