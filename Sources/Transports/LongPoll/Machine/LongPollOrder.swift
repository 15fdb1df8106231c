internal import PhoenixKit

/// What the machine wants done.
enum LongPollOrder: Sendable {
    /// Send a GET.
    case poll(Exchange)
    /// Send a POST.
    case post(Exchange)
    /// Hand frames to the reader.
    case deliver(InboundBatch)
    /// Let the writers go on that wait for room.
    case makeRoom
    /// Tell the machine when this moment has come, while it closes.
    case watchClosing(until: Timestamp)
    /// Tell reader and writers that it is over.
    ///
    /// Nothing follows.
    case end(Ending)

    /// One request and its answer.
    struct Exchange: Sendable {
        /// Tells this exchange from all others of the connection.
        let number: UInt64
        let request: HTTPRequest
        /// When it counts as lost.
        let deadline: Timestamp
    }

    /// How a connection ends for its reader.
    enum Ending: Sendable {
        case closed(ConnectionClose)
        case failed(PhoenixError)
    }
}
