internal import NIOCore
internal import NIOWebSocket
internal import PhoenixDeflate
internal import PhoenixKit

/// One WebSocket connection: frames in, frames out.
///
/// What they mean is the world's business.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let number: UInt64
    private let host: Host
    private var assembler: FrameAssembler
    /// What compresses and inflates the messages; nil where that was not agreed on.
    private var codec: DeflateCodec?
    private var events: [SocketEvent] = []
    private var context: ChannelHandlerContext?
    private var hasSentClose = false

    init(number: UInt64, host: Host, codec: DeflateCodec?) {
        self.number = number
        self.host = host
        self.codec = codec
        assembler = FrameAssembler(maximumMessage: host.world.limits.fragmentedMessage)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        host.attach(self, as: number)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        host.detach(number)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let event = assembler.received(unwrapInboundIn(data), codec: &codec) else { return }
        events.append(event)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        tellEvents()
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is NIOWebSocketError else {
            // The transport failed: `channelInactive` says the rest.
            context.close(promise: nil)
            return
        }
        if let event = assembler.failed(error) { events.append(event) }
        tellEvents()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        host.tell { $0.congestionChanged(!isWritable, on: number) }
        context.fireChannelWritabilityChanged()
    }

    /// Tells the world what one read has brought.
    func tellEvents() {
        // Without an event too: any data keeps an idle connection alive.
        let events = events
        self.events.removeAll(keepingCapacity: true)
        host.tell { $0.received(events, on: number) }
    }

    // MARK: Orders of the host

    func send(_ frame: Frame) {
        let opcode: WebSocketOpcode = frame.kind == .text ? .text : .binary
        // The codec sends plain what it cannot compress.
        if let (bytes, isCompressed) = try? codec?.encode(frame.bytes, kind: frame.kind) {
            write(opcode, bytes, isCompressed: isCompressed)
        } else {
            write(opcode, frame.bytes)
        }
    }

    func sendPong(_ data: Bytes) {
        write(.pong, data)
    }

    func sendRaw(_ bytes: Bytes) {
        guard let context, !hasSentClose else { return }
        // From in front of the encoder, so that nothing is put around them.
        let encoder = try? context.pipeline.syncOperations.context(handlerType: WebSocketFrameEncoder.self)
        encoder?.write(NIOAny(ByteBuffer(bytes: bytes.array)), promise: nil)
    }

    func flush() {
        context?.flush()
    }

    /// Sends a close frame and nothing after it, and waits for the peer to go.
    func sendClose(code: UInt16?) {
        guard let context, !hasSentClose else { return }
        write(.connectionClose, Bytes(code.map { [UInt8($0 >> 8), UInt8($0 & 255)] } ?? []))
        hasSentClose = true
        context.flush()
        // The peer sees the end of the stream behind the close frame, while what it still sends is read and thrown away:
        // closing with unread data would reset the connection and could cost it the close frame.
        setReading(true)
        context.close(mode: .output, promise: nil)
    }

    func cut() {
        // A close alone would throw away what this turn has written.
        context?.flush()
        context?.close(promise: nil)
    }

    func setReading(_ isReading: Bool) {
        guard let context else { return }
        context.channel.setOption(.autoRead, value: isReading).whenComplete { _ in }
    }

    private func write(_ opcode: WebSocketOpcode, _ bytes: Bytes, isCompressed: Bool = false) {
        guard let context, !hasSentClose else { return }
        // Room in front, so that the encoder can put its header there.
        var buffer = context.channel.allocator.buffer(capacity: 10 + bytes.count)
        buffer.moveWriterIndex(to: 10)
        buffer.moveReaderIndex(to: 10)
        bytes.withUnsafeBytes { _ = buffer.writeBytes($0) }
        let frame = WebSocketFrame(fin: true, rsv1: isCompressed, opcode: opcode, data: buffer)
        context.write(wrapOutboundOut(frame), promise: nil)
    }
}
