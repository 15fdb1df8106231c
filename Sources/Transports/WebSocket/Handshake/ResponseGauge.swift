internal import NIOCore

/// Passes the answer to an upgrade on to the HTTP decoder, one head at a time, and counts its bytes.
///
/// What follows the head of a 101 is frames. It goes straight to the connection: were it in the decoder, a connection
/// that ends in the same moment would take it along.
final class ResponseGauge: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let handler: HandshakeHandler
    /// Whether the last byte, a carriage return aside, ended a line.
    private var isAtLineStart = false

    init(_ handler: HandshakeHandler) {
        self.handler = handler
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        while buffer.readableBytes > 0 {
            if let successor = handler.successor {
                successor.receivedEarly(&buffer)
                return
            }
            // No more than shows that the head is too long: the decoder has a limit of its own.
            let count = handler.room.map { min(lengthOfHead(in: buffer), $0) } ?? buffer.readableBytes
            guard let part = buffer.readSlice(length: count) else { return }
            context.fireChannelRead(wrapInboundOut(part))
            handler.received(count)
        }
    }

    /// How many bytes of `buffer` reach to the next empty line, or how many there are.
    private func lengthOfHead(in buffer: ByteBuffer) -> Int {
        for (index, byte) in buffer.readableBytesView.enumerated() {
            if byte == UInt8(ascii: "\n") {
                if isAtLineStart {
                    isAtLineStart = false
                    return index + 1
                }
                isAtLineStart = true
            } else if byte != UInt8(ascii: "\r") {
                isAtLineStart = false
            }
        }
        return buffer.readableBytes
    }
}
