public import PhoenixKit
internal import Synchronization

/// The server's end of a loopback connection.
public final class LoopbackServer: Sendable {
    /// What the client asked for.
    public let request: ConnectionRequest

    private enum Event: Sendable {
        case inbound(InboundEvent)
        case failure(PhoenixError)
    }

    private let toClient = FrameQueue<Event>()
    private let fromClient = FrameQueue<Frame>()
    private let closes = FrameQueue<ConnectionClose>()
    private let end = FrameQueue<Void>()
    private let answersCloses = Atomic(true)
    /// Whether nothing more can be written, because one of the two ends closed or broke off.
    private let isOver = Atomic(false)

    init(request: ConnectionRequest) {
        self.request = request
    }

    // MARK: The server's side

    /// The next frame from the client; nil when the connection is over.
    public func receive() async -> Frame? {
        await fromClient.next()
    }

    /// Sends frames to the client, as one batch.
    public func send(_ frames: Frame...) {
        toClient.add(.inbound(.frames(InboundBatch(frames: frames, arrival: request.clock.now))))
    }

    /// Closes the connection with a close code.
    public func close(code: UInt16, reason: String = "") {
        isOver.store(true, ordering: .releasing)
        toClient.add(.inbound(.closed(ConnectionClose(code: code, reason: reason))))
        toClient.finish()
    }

    /// Lets the connection break with `error`.
    public func fail(_ error: PhoenixError) {
        isOver.store(true, ordering: .releasing)
        toClient.add(.failure(error))
        toClient.finish()
    }

    /// Ends the connection without a close or an error: the transport is just gone.
    public func vanish() {
        isOver.store(true, ordering: .releasing)
        toClient.finish()
    }

    /// The close the client asked for; nil when the connection ended without one.
    public func clientClose() async -> ConnectionClose? {
        await closes.next()
    }

    /// Lets the client's close go unanswered: what is sent still reaches it, until the server closes itself.
    public func ignoreCloses() {
        answersCloses.store(false, ordering: .relaxed)
    }

    /// Returns when the client is done with the connection and it has been torn down.
    public func waitForEnd() async {
        await end.next()
    }

    func endReached() {
        isOver.store(true, ordering: .releasing)
        toClient.finish()
        fromClient.finish()
        closes.finish()
        end.finish()
    }

    /// The client's end of the connection.
    struct ClientEnd: Inbound, Outbound {
        let server: LoopbackServer

        func next() async throws -> InboundEvent? {
            guard let event = await server.toClient.next() else {
                try Task.checkCancellation()
                return nil
            }
            switch event {
            case .inbound(let event): return event
            case .failure(let error): throw error
            }
        }

        func write(_ frames: [Frame]) async throws {
            guard !server.isOver.load(ordering: .acquiring) else {
                throw PhoenixError(.disconnected, "Expected an open connection, but it is over. Nothing was sent.")
            }
            for frame in frames { server.fromClient.add(frame) }
        }

        /// Closes, and answers as a server does unless it is told not to.
        func close(code: UInt16, reason: String) async {
            let close = ConnectionClose(code: code, reason: reason, isLocal: true)
            if server.answersCloses.load(ordering: .relaxed) { server.isOver.store(true, ordering: .releasing) }
            server.closes.add(close)
            guard server.answersCloses.load(ordering: .relaxed) else { return }
            server.toClient.add(.inbound(.closed(close)))
            server.toClient.finish()
        }
    }
}
