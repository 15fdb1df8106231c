public import PhoenixKit

/// The other end of a transport, which `TransportConformance` drives: a server that does what it is told.
public protocol TransportPeer: Sendable {
    /// Where the transport reaches the peer.
    var url: Endpoint { get }
    /// Where something accepts connections and never answers, so that a deadline has to end the attempt; nil where there is no
    /// such place.
    var silentURL: Endpoint? { get }

    /// The next connection that was opened to the peer, or the one that will be.
    ///
    /// Throws when the task is cancelled.
    func accept() async throws -> any TransportPeerConnection
}

extension TransportPeer {
    public var silentURL: Endpoint? { nil }
}

/// One connection, seen from the peer.
public protocol TransportPeerConnection: Sendable {
    /// Whether what one end does not read holds up the other, as over TCP.
    ///
    /// The rules about slow ends say nothing otherwise.
    var isFlowControlled: Bool { get }

    /// The next frame from the transport; nil when the connection is over.
    ///
    /// Nothing is read from the connection unless this is called, or else at most some megabytes.
    func receive() async throws -> Frame?
    /// Sends frames, and returns when they are on their way.
    ///
    /// Throws when the connection is over.
    func send(_ frames: [Frame]) async throws
    /// Ends the connection by the rules of the transport, after what was sent.
    func close() async
    /// Breaks the connection off, without a goodbye.
    func reset() async
}

extension TransportPeerConnection {
    public var isFlowControlled: Bool { true }
}
