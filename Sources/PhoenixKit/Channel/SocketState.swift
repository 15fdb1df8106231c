/// What a socket is about.
public struct SocketState: Sendable, CustomStringConvertible {
    /// The kind of state.
    ///
    /// More may be added.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        private enum Raw: String, Sendable {
            case disconnected, connecting, connected, waiting, suspended, stopped
        }

        private let raw: Raw

        public var description: String { raw.rawValue }

        /// There is no connection and none is wanted: before `connect`, after `disconnect`, or because the server refused for good.
        public static let disconnected = Kind(raw: .disconnected)
        /// A connection is being opened; parameters and token are asked for first.
        public static let connecting = Kind(raw: .connecting)
        /// The connection is open.
        public static let connected = Kind(raw: .connected)
        /// The connection was lost or could not be opened; it is tried again after `delay`.
        public static let waiting = Kind(raw: .waiting)
        /// There is no connection until `resume`.
        public static let suspended = Kind(raw: .suspended)
        /// The socket is over; there is nothing after this.
        public static let stopped = Kind(raw: .stopped)
    }

    /// The kind of state.
    public var kind: Kind
    /// How the last connection ended, or why it could not be opened: the close code, the error, the server's refusal.
    ///
    /// Nil while all is well.
    public var reason: DisconnectReason?
    /// How long it waits before it tries again, for `waiting`.
    public var delay: Duration?
    /// The name of the transport that the connection is on, or the next one will be on; nil when the socket is over.
    public var transport: String?

    init(_ kind: Kind, _ reason: DisconnectReason? = nil, delay: Duration? = nil, transport: String? = nil) {
        self.kind = kind
        self.reason = reason
        self.delay = delay
        self.transport = transport
    }

    public var description: String {
        "\(kind)\(delay.map { " \($0)" } ?? "")\(reason.map { " (\($0))" } ?? "")"
    }
}

/// What a channel is about, with the names of phoenix.js.
public enum ChannelState: Sendable, Hashable {
    /// Not joined and not to be: never joined, left, closed by the server, or refused for good.
    case closed
    /// To be joined: the join is on its way, or waits for the connection.
    case joining
    /// Joined.
    case joined
    /// Left; the server has not confirmed it yet.
    case leaving
    /// To be joined again: it crashed, was refused or got no answer, and waits for its time.
    case errored
}
