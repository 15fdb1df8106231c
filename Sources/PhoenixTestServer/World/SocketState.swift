internal import PhoenixKit

/// One connected socket: what Phoenix keeps in the transport's process.
final class SocketState {
    /// Something the socket does in its own time, after the read at hand: Phoenix's process mailbox.
    enum Mail {
        case push(Frame, Message)
        case channelEnded(ChannelState)
        /// Bytes of a fault.
        case raw(Bytes)
        /// The end, with a close frame or, without a code, with none.
        case end(code: UInt16?)
    }

    let number: UInt64
    let route: SocketRoute
    let request: ConnectRequest
    let id: String?
    let serializer: any Serializer
    let idleTimeout: Duration?
    let assigns: [String: any Sendable]

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
        at now: Timestamp
    ) {
        self.number = number
        self.route = route
        self.request = request
        self.id = id
        self.assigns = assigns
        self.serializer = serializer
        self.idleTimeout = idleTimeout
        lastInbound = now
    }

    /// Whether the socket takes mail at present.
    var isReady: Bool { !isBlocked && !isCongested && !isClosed }
}
