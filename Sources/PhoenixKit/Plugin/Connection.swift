/// An open connection, as a transport hands it to the body of `withConnection`.
public struct Connection: Sendable {
    /// Where frames come from.
    ///
    /// One reader at a time.
    public let inbound: any Inbound
    /// Where frames go.
    public let outbound: any Outbound
    /// What the two ends agreed on.
    public let details: ConnectionDetails

    /// A connection of its two directions.
    public init(inbound: any Inbound, outbound: any Outbound, details: ConnectionDetails = ConnectionDetails()) {
        self.inbound = inbound
        self.outbound = outbound
        self.details = details
    }
}

/// The receiving half of a connection.
public protocol Inbound: Sendable {
    /// The next frames, in the order in which they arrived, as soon as there is at least one.
    ///
    /// Nothing more is read from the network than a bounded amount ahead of this call (back-pressure). After
    /// `.closed` or an error there is nothing more; the call then returns nil. Called by one task at a time.
    ///
    /// - Returns: frames, the peer's or our own close, or nil when the connection is gone without one.
    /// - Throws: `PhoenixError`, once, when the peer broke the rules or the connection failed; `CancellationError`.
    func next() async throws -> InboundEvent?
}

/// What the receiving half reports.
public enum InboundEvent: Sendable {
    /// At least one frame.
    case frames(InboundBatch)
    /// The connection closed.
    ///
    /// Nothing follows.
    case closed(ConnectionClose)
}

/// Frames that arrived together.
public struct InboundBatch: Sendable {
    /// The frames in order; at least one.
    public var frames: [Frame]
    /// When they arrived, on the clock of the `ConnectionRequest`.
    public var arrival: Timestamp

    /// A batch of `frames` that came at `arrival`.
    public init(frames: [Frame], arrival: Timestamp) {
        self.frames = frames
        self.arrival = arrival
    }
}

/// How a connection closed.
public struct ConnectionClose: Sendable, Hashable {
    /// The close code (RFC 6455 section 7.4); nil when the peer gave none or went without a close frame.
    public var code: UInt16?
    /// The reason given with the code; empty when there was none.
    public var reason: String
    /// Whether we began the closing handshake.
    public var isLocal: Bool
    /// Whether the peer said goodbye by the rules of the transport, rather than just being gone.
    public var isClean: Bool

    /// A close of these parts.
    public init(code: UInt16?, reason: String = "", isLocal: Bool = false, isClean: Bool = true) {
        self.code = code
        self.reason = reason
        self.isLocal = isLocal
        self.isClean = isClean
    }
}

/// The sending half of a connection.
public protocol Outbound: Sendable {
    /// Sends frames in order, after all frames of earlier calls.
    ///
    /// One call at a time.
    ///
    /// Returns when the transport has room for more, which is not when the frames have arrived. While the peer reads
    /// too slowly the call waits, at most for `ConnectionDeadlines.write`.
    ///
    /// - Throws: `PhoenixError` with `.disconnected` when the connection is closing or gone, `.timeout` when the
    ///   deadline passed (the connection is closed then), `.limitExceeded` for a frame that is too large (nothing of
    ///   the batch was sent).
    func write(_ frames: [Frame]) async throws

    /// Begins the closing handshake: what was written before is sent first, then nothing more.
    ///
    /// `Inbound.next()` reports the end: at once where the peer answers, after `ConnectionDeadlines.close` where it does
    /// not. A second call does nothing. The code and the reason are cut to what the transport can say.
    func close(code: UInt16, reason: String) async
}

/// A sending half that takes frames at once as long as it has room, so that nobody need wait beside it.
package protocol ImmediateOutbound: Outbound {
    /// Sends frames as `write` does, from whatever task, and returns at once.
    ///
    /// One call at a time, `write` included.
    ///
    /// - Returns: whether there is room for more. If not, `write` with no frames waits until there is.
    func offer(_ frames: [Frame]) throws -> Bool
}

/// What the two ends of a connection agreed on.
public struct ConnectionDetails: Sendable {
    /// The subprotocol the server chose, such as `phoenix`; nil when it chose none.
    public var subprotocol: String?
    /// The response headers of the handshake, in order, names in lower case.
    public var headers: [HeaderField]
    /// The wire extensions in use, by name.
    public var extensions: [String]
    /// The address the connection leads to, such as `127.0.0.1:4000`; nil when the transport does not know.
    public var remoteAddress: String?

    /// What was agreed on.
    public init(
        subprotocol: String? = nil,
        headers: [HeaderField] = [],
        extensions: [String] = [],
        remoteAddress: String? = nil
    ) {
        self.subprotocol = subprotocol
        self.headers = headers
        self.extensions = extensions
        self.remoteAddress = remoteAddress
    }
}

/// One header of an HTTP message.
public struct HeaderField: Sendable, Hashable {
    /// The name, in the case in which it is sent.
    public var name: String
    /// The value.
    public var value: String

    /// A header field.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension HeaderField: CustomStringConvertible {
    /// The name alone: values may be secrets.
    public var description: String { "\(name): …" }
}
