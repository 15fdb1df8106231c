internal import PhoenixKit

/// One connected socket: what Phoenix keeps in the transport's process, over WebSocket or for a long-poll session.
final class SocketState {
    /// Something the socket does in its own time, after the read at hand: Phoenix's process mailbox.
    enum Mail {
        case push(Frame, Message)
        case channelEnded(ChannelState)
        /// Bytes of a fault.
        case raw(Bytes)
        /// The end, with a close frame or, without a code, with none.
        case end(code: UInt16?)
        /// A long-poll request asks whether the session is there.
        case resume(UInt64)
        /// A long-poll request hands a message in.
        case handIn(UInt64, Frame)
        /// A long-poll request has been told of messages and fetches them.
        case flush(UInt64)
        /// It is time to see whether the session has been polled.
        case lookForPolls
    }

    let number: UInt64
    let route: SocketRoute
    let request: ConnectRequest
    let id: String?
    let serializer: any Serializer
    let idleTimeout: Duration?
    let assigns: [String: any Sendable]
    /// What a long-poll session has beside; nil over WebSocket.
    let longPoll: LongPollSession?

    var channels: [Bytes: ChannelState] = [:]
    var mailbox = Queue<Mail>()
    /// What arrived while a join blocked the socket.
    var inbox: [SocketEvent] = []
    /// A join is taking its time.
    var isBlocked = false
    /// The client reads too slowly.
    var isCongested = false
    var isClosed = false
    /// Whether the socket is in the world's list of those with mail.
    var isListed = false
    var lastInbound: Timestamp

    init(
        number: UInt64,
        route: SocketRoute,
        request: ConnectRequest,
        id: String?,
        assigns: [String: any Sendable],
        serializer: any Serializer,
        idleTimeout: Duration?,
        longPoll: LongPollSession? = nil,
        at now: Timestamp
    ) {
        self.number = number
        self.route = route
        self.request = request
        self.id = id
        self.assigns = assigns
        self.serializer = serializer
        self.idleTimeout = idleTimeout
        self.longPoll = longPoll
        lastInbound = now
    }

    /// Whether the socket takes mail at present.
    var isReady: Bool { !isBlocked && !isCongested && !isClosed }
}
