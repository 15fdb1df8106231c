internal import NIOCore
internal import PhoenixWebSocket

/// Connects over TCP and passes on what comes in reads of the test's own making.
struct ChoppingConnector: WebSocketConnector {
    /// After how many bytes, counted from the first, a read ends; nil cuts after every byte.
    var cuts: [Int]?
    /// Told how many bytes have been passed on, after each read.
    var passed: @Sendable (Int) -> Void = { _ in }

    func connect(_ request: WebSocketConnectRequest) async throws -> any Channel {
        let channel = try await TCPConnector().connect(request)
        let (cuts, passed) = (cuts, passed)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(Chopper(cuts: cuts, passed: passed))
        }.get()
        return channel
    }

    private final class Chopper: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias InboundOut = ByteBuffer
        private let cuts: [Int]?
        private var count = 0

        private let passed: @Sendable (Int) -> Void

        init(cuts: [Int]?, passed: @escaping @Sendable (Int) -> Void) {
            self.cuts = cuts
            self.passed = passed
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var buffer = unwrapInboundIn(data)
            while buffer.readableBytes > 0 {
                let next = cuts.map { $0.first { $0 > count } ?? .max } ?? count + 1
                let length = min(next - count, buffer.readableBytes)
                count += length
                if let slice = buffer.readSlice(length: length) {
                    context.fireChannelRead(wrapInboundOut(slice))
                    context.fireChannelReadComplete()
                    passed(count)
                }
            }
        }
    }
}
