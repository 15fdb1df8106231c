internal import NIOCore
internal import PhoenixKit

/// Speaks WebSocket on the event loop of a connection once the upgrade is done: frames in, frames out, the closing
/// handshake.
///
/// It reads when the reader has room, answers pings by itself, and ends in one of three ways: the peer or we close, the
/// peer breaks a rule, or the connection is lost. Whatever happens, the reader is told exactly once.
///
/// When the peer breaks a rule nothing more of it is looked at, but what came before may still be answered: our close frame
/// goes out when the reader comes to the error, at most after the close deadline.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the two tasks' sides and the handler share.
    struct Parts: Sendable {
        let inbound: InboundQueue
        let outbound: OutboundQueue
        /// Told when the connection begins to close.
        let closing: ClosingWatch
        let clock: any PhoenixClock
        let limits: ConnectionLimits
        let random: @Sendable () -> UInt64
    }

    /// The most bytes of pongs that wait for the peer to read; beyond them only the latest ping is answered
    /// (RFC 6455 section 5.5.3).
    private static let pongLimit = 16_384
    /// How much is gathered in one buffer before the next is begun.
    private static let chunk = 262_144

    private let parts: Parts
    private var parser: FrameParser
    private var writer: FrameWriter
    private var codec: (any WireCodec)?
    private var context: ChannelHandlerContext?

    /// Whether the pipeline is ours alone, and what came before it was.
    private var isStarted = false
    private var early = ByteBuffer()

    /// The frames of the reads since the last batch, and when the first of those reads came.
    private var frames: [Frame] = []
    private var arrival: Timestamp
    /// How many frames the last batch had.
    private var usualCount = 0
    /// When anything came last.
    private var lastArrival: Timestamp
    /// Whether a read is wanted but held back until the reader pulls.
    private var isStalled = false

    /// Pongs not sent yet, the bytes of pongs on their way to the kernel, and a ping that waits for those.
    private var pongs = ByteBuffer()
    private var pongsOnTheWay = 0
    private var unanswered: Bytes?

    private var isCloseSent = false
    /// What the peer is told about the rule it broke.
    private var verdict: CloseFrame?
    /// Whether what still arrives is of no interest: the reader has been told the end, or is gone.
    private var isDiscarding = false

    init(_ parts: Parts, codec: (any WireCodec)?) {
        self.parts = parts
        self.codec = codec
        parser = FrameParser(limits: parts.limits, allowsTransformed: codec != nil)
        writer = FrameWriter(random: parts.random)
        arrival = parts.clock.now
        lastArrival = arrival
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        @Sendable func order(_ body: @escaping @Sendable (ConnectionHandler) -> Void) {
            if eventLoop.inEventLoop {
                body(bound.value)
            } else {
                eventLoop.execute { body(bound.value) }
            }
        }
        parts.inbound.attach { order { $0.readOn() } }
        parts.outbound.attach(
            OutboundQueue.Orders(
                flush: { order { $0.flush() } },
                close: { frame in order { $0.beginClose(frame) } },
                fail: { error in order { $0.fail(error) } }
            )
        )
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    /// Begins: with what came with the upgrade's answer, then with what is read.
    ///
    /// Until then nothing may be written, not even a pong, because the HTTP handlers are still in the way.
    func start() {
        guard let context else { return }
        isStarted = true
        guard context.channel.isActive else { return end() }
        let early = early
        self.early = ByteBuffer()
        if early.readableBytes > 0 { received(early) }
        deliver()
        sendPongs()
        readOn()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = TLSFailure.error(whileOpen: error) {
            fail(error)
        } else {
            closeNow()
        }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if isStarted {
            received(buffer)
        } else {
            receivedEarly(&buffer)
        }
    }

    /// Keeps what came with the upgrade's answer until the pipeline is ours.
    func receivedEarly(_ buffer: inout ByteBuffer) {
        early.writeBuffer(&buffer)
    }

    private func received(_ buffer: ByteBuffer) {
        lastArrival = parts.clock.now
        guard !isDiscarding else { return }
        if frames.isEmpty {
            arrival = lastArrival
            // Only now, so that a connection on which nothing comes any more holds nothing.
            if usualCount > 16 { frames.reserveCapacity(usualCount) }
        }
        let storage = LoopStorage.current
        buffer.withUnsafeReadableBytes { parser.feed($0.bindMemory(to: UInt8.self), copy: storage.copy) }
        storage.takeBack(buffer)
        do throws(ProtocolViolation) {
            while let control = try parser.next(into: &frames, codec: &codec) {
                received(control)
                guard !isDiscarding else { return }
            }
        } catch {
            deliver()
            broken(error)
        }
    }

    /// Ends the connection because the peer broke a rule.
    private func broken(_ violation: ProtocolViolation) {
        isDiscarding = true
        guard let context, isStarted, !isCloseSent else {
            parts.outbound.refuse()
            parts.inbound.finish(.failed(violation.error))
            return
        }
        let verdict = CloseFrame(fittingCode: violation.closeCode, reason: "")
        self.verdict = verdict
        parts.closing.begins(at: parts.clock.now)
        let outbound = parts.outbound
        let (eventLoop, bound) = (context.eventLoop, NIOLoopBound(self, eventLoop: context.eventLoop))
        parts.inbound.finish(.failed(violation.error)) {
            // In this order: who has read the end must not be able to write.
            outbound.refuse()
            eventLoop.execute { bound.value.beginClose(verdict) }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isStarted {
            deliver()
            sendPongs()
            readOn()
        }
        context.fireChannelReadComplete()
    }

    /// Hands the frames over that came since the last time.
    private func deliver() {
        guard !frames.isEmpty else { return }
        // The next batch will be of the size of this one; where it is small, room for it is found in no time.
        usualCount = frames.count
        parts.inbound.append(InboundBatch(frames: frames, arrival: arrival))
        frames = []
    }

    /// Reads on if there is room for what comes.
    private func readOn() {
        isStalled = !isDiscarding && !parts.inbound.hasRoom()
        if !isStalled { context?.read() }
    }

    private func received(_ control: ControlFrame) {
        switch control {
        case .ping(let payload):
            guard !isCloseSent else { return }
            if pongs.readableBytes + pongsOnTheWay < Self.pongLimit {
                writer.write(.pong(payload), into: &pongs)
            } else {
                unanswered = payload.compacted()
            }
        case .pong:
            break
        case .close(let frame):
            deliver()
            let isLocal = isCloseSent
            // In this order everywhere: who has read the end must not be able to write.
            parts.outbound.refuse()
            parts.inbound.finish(
                .closed(ConnectionClose(code: frame.code, reason: frame.reason, isLocal: isLocal))
            )
            isDiscarding = true
            beginClose(CloseFrame(code: frame.code, reason: ""))
        }
    }

    // MARK: Writing

    /// Sends what waits in the outbound queue.
    private func flush() {
        let frames = parts.outbound.take()
        guard let context, isStarted, !frames.isEmpty, !isCloseSent else { return }
        var count = 0
        var size = 0
        for frame in frames { size += frame.bytes.count + FrameWriter.overhead }
        var buffer = context.channel.allocator.buffer(capacity: min(size, Self.chunk))
        for frame in frames {
            count += frame.bytes.count + FrameWriter.overhead
            do {
                let encoded = try codec?.encode(frame.bytes, kind: frame.kind)
                writer.write(
                    encoded?.bytes ?? frame.bytes,
                    kind: frame.kind,
                    transformed: encoded?.transformed ?? false,
                    into: &buffer
                )
            } catch {
                fail(PhoenixError(.encoding, "The negotiated extension cannot encode a message.", cause: error))
                return
            }
            if buffer.readableBytes >= Self.chunk {
                write(buffer, count: count)
                buffer = context.channel.allocator.buffer(capacity: Self.chunk)
                count = 0
            }
        }
        write(buffer, count: count)
        context.flush()
    }

    /// Writes `buffer`, which holds `count` bytes by the queue's way of counting.
    private func write(_ buffer: ByteBuffer, count: Int) {
        guard let context, count > 0 else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        let outbound = parts.outbound
        promise.futureResult.whenComplete { _ in outbound.written(count) }
        context.write(wrapOutboundOut(buffer), promise: promise)
    }

    /// Sends the pongs for the pings of a read in one go.
    private func sendPongs() {
        guard let context, isStarted, pongs.readableBytes > 0, !isCloseSent else { return }
        let count = pongs.readableBytes
        let promise = context.eventLoop.makePromise(of: Void.self)
        pongsOnTheWay += count
        promise.futureResult.assumeIsolated().whenComplete { [self] _ in
            pongsOnTheWay -= count
            if let payload = unanswered {
                unanswered = nil
                writer.write(.pong(payload), into: &pongs)
                sendPongs()
            }
        }
        let buffer = pongs
        pongs = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(buffer), promise: promise)
    }

    /// Sends a ping, or fails the connection when nothing came for two intervals.
    ///
    /// While the reader does not pull nothing is read, and nothing can be said about the peer.
    func keepAlive(every interval: Duration, at now: Timestamp) {
        guard let context, !isCloseSent else { return }
        if isStalled { lastArrival = now }
        guard now - lastArrival < interval + interval else {
            fail(
                PhoenixError(
                    .timeout,
                    "Expected the server to answer pings, but nothing came for \(now - lastArrival); the connection is lost."
                )
            )
            return
        }
        guard context.channel.isWritable else { return }
        var buffer = context.channel.allocator.buffer(capacity: FrameWriter.overhead)
        writer.write(.ping(Bytes()), into: &buffer)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    // MARK: Closing

    /// Sends what was written before and then a close frame; the first time only.
    private func beginClose(_ frame: CloseFrame) {
        parts.outbound.refuse()
        guard let context, isStarted, !isCloseSent else { return }
        flush()
        sendPongs()
        var buffer = context.channel.allocator.buffer(capacity: 128 + FrameWriter.overhead)
        writer.write(.close(verdict ?? frame), into: &buffer)
        isCloseSent = true
        parts.closing.begins(at: parts.clock.now)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    /// Ends the connection because the scope of it is over: with the closing handshake unless there is none to be had.
    func leave() {
        guard let context, context.channel.isActive else { return end() }
        isDiscarding = true
        beginClose(CloseFrame(code: 1000, reason: ""))
        readOn()
    }

    /// Gives up the connection; the reader gets `error`.
    func fail(_ error: PhoenixError) {
        deliver()
        parts.outbound.detach(error)
        parts.inbound.finish(.failed(error))
        closeNow()
    }

    /// Closes the socket without saying anything to the peer.
    func closeNow() {
        isDiscarding = true
        context?.channel.closeAtOnce()
    }

    /// Tells everybody that the connection is gone.
    private func end() {
        // The connection may be gone before the pipeline was ours; what came is delivered all the same.
        let early = early
        self.early = ByteBuffer()
        if early.readableBytes > 0 { received(early) }
        deliver()
        // A codec may hold much, and this handler lives as long as the scope of the connection.
        codec = nil
        parts.outbound.detach(nil)
        parts.inbound.finish(.closed(ConnectionClose(code: nil, isLocal: isCloseSent, isClean: false)))
        parts.inbound.detach()
    }
}
