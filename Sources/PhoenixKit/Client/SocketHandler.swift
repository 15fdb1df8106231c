/// Takes every decision about a socket: when to connect, reconnect, join, rejoin and stop.
///
/// The client itself never does any of these on its own.
///
/// The handler is a value with its own state, owned by the client's driver. Its callbacks run one at a time, in the order
/// of what happened, and are synchronous: they need no locks, and the state need not be `Sendable`. Slow work goes into
/// `socket.perform`, whose result comes back through `handle(_:_:)`.
///
///     struct Lobby: SocketHandler {
///         mutating func start(_ socket: inout Socket) throws -> Start {
///             try .connect("wss://example.org/socket/websocket", ["user": "ada"])
///         }
///         mutating func connected(_ socket: inout Socket) -> Directive {
///             _ = try? socket.join("room:lobby")
///             return .ok
///         }
///         mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
///             .connect
///         }
///     }
///
/// The behaviour is `GenSocketClient`'s of phoenix_gen_socket_client; `start` is its `init/1`.
public protocol SocketHandler: SendableMetatype {
    /// Messages to the handler from elsewhere: `client.send(_:)`, `socket.send(_:after:)`, `socket.perform(_:)`.
    associatedtype Info: Sendable = Never
    /// Requests made with `client.call(_:)`.
    associatedtype Request: Sendable = Never
    /// Answers to those requests.
    associatedtype Response: Sendable = Never

    /// The socket as this handler's callbacks get it.
    typealias Socket = SocketContext<Self>

    /// Says how to begin.
    ///
    /// An error thrown here is thrown by `run()`; nothing else is called then.
    mutating func start(_ socket: inout Socket) throws -> Start

    /// The connection is open.
    ///
    /// Nothing is joined yet. Default: `.ok`.
    mutating func connected(_ socket: inout Socket) -> Directive

    /// The connection has proved itself: the server answered a heartbeat, a join, a leave or a push on it.
    ///
    /// Called once per connection, after the callback for that answer. Until then nobody knows whether messages get through in
    /// both directions, however open the connection is; `ping` in `connected` finds it out soon. Default: `.ok`.
    mutating func proven(_ socket: inout Socket) -> Directive

    /// The server answered a heartbeat, one that was due or one sent by `ping`.
    ///
    /// Default: `.ok`.
    mutating func heartbeatAnswered(_ answer: HeartbeatAnswer, _ socket: inout Socket) -> Directive

    /// The connection is gone, or could not be opened.
    ///
    /// All joins are forgotten (`channelClosed` is not called for them) and all references have ended. Default:
    /// `.ok`, which leaves it at that.
    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive

    /// The server accepted a join.
    ///
    /// Pushes to the topic are possible from here on, this call included. Default: `.ok`.
    mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive

    /// A join came to nothing.
    ///
    /// Default: `.ok`.
    mutating func joinFailed(_ failure: JoinFailure, _ socket: inout Socket) -> Directive

    /// A channel closed or crashed while the connection goes on.
    ///
    /// Its pushes have ended. Default: `.ok`.
    mutating func channelClosed(_ closure: ChannelClosure, _ socket: inout Socket) -> Directive

    /// A message or broadcast came on a joined topic.
    ///
    /// Default: `.ok`.
    mutating func received(_ message: Message, _ socket: inout Socket) -> Directive

    /// A push or leave ended; each ends exactly once.
    ///
    /// Default: `.ok`.
    mutating func replied(_ reply: Reply, _ socket: inout Socket) -> Directive

    /// A message came from elsewhere.
    mutating func handle(_ info: Info, _ socket: inout Socket) -> Directive

    /// Somebody made a request and waits.
    ///
    /// The answer may be given now or later, from anywhere: `caller.reply(…)`.
    mutating func handle(_ request: Request, from caller: Caller<Response>, _ socket: inout Socket) -> Directive

    /// A message reached none of the above, because it belongs to nothing.
    ///
    /// Default: `.ok`.
    mutating func dropped(_ message: Message, _ reason: DropReason, _ socket: inout Socket) -> Directive

    /// The serializer could not read a frame (`.decoding`).
    ///
    /// Default: `.ok`, which goes on without it; it is logged either way.
    mutating func undecodable(_ frame: Frame, _ error: PhoenixError, _ socket: inout Socket) -> Directive

    /// The client stops; this is the last call.
    ///
    /// Default: nothing.
    mutating func terminate(_ reason: StopReason)
}

extension SocketHandler {
    public mutating func connected(_ socket: inout Socket) -> Directive { .ok }
    public mutating func proven(_ socket: inout Socket) -> Directive { .ok }
    public mutating func heartbeatAnswered(_ answer: HeartbeatAnswer, _ socket: inout Socket) -> Directive { .ok }
    public mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive { .ok }
    public mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive { .ok }
    public mutating func joinFailed(_ failure: JoinFailure, _ socket: inout Socket) -> Directive { .ok }
    public mutating func channelClosed(_ closure: ChannelClosure, _ socket: inout Socket) -> Directive { .ok }
    public mutating func received(_ message: Message, _ socket: inout Socket) -> Directive { .ok }
    public mutating func replied(_ reply: Reply, _ socket: inout Socket) -> Directive { .ok }
    public mutating func dropped(_ message: Message, _ reason: DropReason, _ socket: inout Socket) -> Directive { .ok }
    public mutating func undecodable(_ frame: Frame, _ error: PhoenixError, _ socket: inout Socket) -> Directive {
        .ok
    }
    public mutating func terminate(_ reason: StopReason) {}
}

extension SocketHandler where Info == Never {
    public mutating func handle(_ info: Never, _ socket: inout Socket) -> Directive {}
}

extension SocketHandler where Request == Never {
    public mutating func handle(_ request: Never, from caller: Caller<Response>, _ socket: inout Socket) -> Directive {}
}
