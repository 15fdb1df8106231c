internal import NIOCore
internal import NIOPosix

/// One connection to the proxy that eats upgrades: reads the first request's head, then eats it or relays bytes both ways.
///
/// Nothing is read from one side before the other has taken what came.
final class UpgradeRelay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// What has come of the head.
        case reading(ByteBuffer)
        case relaying(any Channel)
        case done
    }

    private static let largestHead = 65_536
    private static let page = """
        HTTP/1.1 502 Bad Gateway\r
        content-type: text/html\r
        content-length: 46\r
        connection: close\r
        \r
        <html><h1>Blocked by the gateway</h1></html>\r

        """

    private let server: Int
    private let appetite: UpgradeEater.Appetite
    private var state = State.reading(ByteBuffer())

    init(to server: Int, _ appetite: UpgradeEater.Appetite) {
        self.server = server
        self.appetite = appetite
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        switch state {
        case .reading(var head):
            head.writeBuffer(&bytes)
            state = .reading(head)
            headGrew(head, context)
        case .relaying(let other): Self.pass(bytes, to: other, then: context.channel)
        case .done: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .relaying(let other) = state { other.close(promise: nil) }
        state = .done
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func headGrew(_ head: ByteBuffer, _ context: ChannelHandlerContext) {
        let text = String(buffer: head).lowercased()
        guard text.contains("\r\n\r\n") else {
            if head.readableBytes > Self.largestHead { context.close(promise: nil) } else { context.read() }
            return
        }
        if text.contains("\r\nupgrade:"), appetite.eats() {
            state = .done
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: Self.page))).assumeIsolated().whenComplete { _ in
                channel.close(promise: nil)
            }
            return
        }
        connect(head, context)
    }

    /// Opens the way to the server, passes on what came, and relays from then on.
    private func connect(_ head: ByteBuffer, _ context: ChannelHandlerContext) {
        let front = context.channel
        ClientBootstrap(group: context.eventLoop)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Back(front))
                }
            }
            .connect(host: "127.0.0.1", port: server)
            .assumeIsolated()
            .whenComplete { [self] result in
                switch result {
                case .success(let back):
                    guard front.isActive else { return back.close(promise: nil) }
                    state = .relaying(back)
                    Self.pass(head, to: back, then: front)
                    back.read()
                case .failure: front.close(promise: nil)
                }
            }
    }

    /// Writes `bytes` to one side, then reads more from the other.
    fileprivate static func pass(_ bytes: ByteBuffer, to sink: any Channel, then source: any Channel) {
        sink.writeAndFlush(bytes).whenComplete { result in
            if case .failure = result { return source.close(promise: nil) }
            source.read()
        }
    }
}

/// The server's side of a relay.
private final class Back: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let front: any Channel

    init(_ front: any Channel) {
        self.front = front
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        UpgradeRelay.pass(unwrapInboundIn(data), to: front, then: context.channel)
    }

    func channelInactive(context: ChannelHandlerContext) {
        front.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
