import NIOCore
import NIOPosix

/// What may lie between a client and a server: reads the head of the first request of each connection and decides what becomes
/// of the connection.
///
/// On a port of its own, on the loopback interface.
struct Relay: Sendable {
    /// What becomes of a connection.
    enum Decision: Sendable {
        /// This is sent, and the connection is closed.
        case answer(String)
        /// Nothing is ever said.
        case silence
        /// The connection goes on to this port, with this head in place of the one that came.
        case forward(to: Int, head: String)
        /// The same for one request, after whose answer the connection ends, and both sides are told so.
        case forwardOnce(to: Int, head: String)
        /// A tunnel to this port is opened, as a proxy does.
        case tunnel(to: Int)
    }

    typealias Decide = @Sendable (_ head: String) -> Decision

    let port: Int

    /// Runs `body` with a relay, and stops it afterwards.
    static func run<Result>(_ decide: @escaping Decide, _ body: (Relay) async throws -> Result) async throws -> Result {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FrontHandler(decide))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        defer { channel.close(promise: nil) }
        return try await body(Relay(port: channel.localAddress?.port ?? 0))
    }

    /// A proxy that opens tunnels and passes plain requests on, all to `port` whatever they name; `user:password` in base64
    /// are asked for where given.
    static func proxy(to port: Int, credentials: String? = nil) -> Decide {
        { head in
            if let credentials, !head.contains("Proxy-Authorization: Basic \(credentials)\r\n") {
                return .answer(
                    "HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"
                )
            }
            guard !head.hasPrefix("CONNECT ") else { return .tunnel(to: port) }
            // GET http://host:port/path becomes GET /path. Later requests on this connection would not be looked at.
            let parts = head.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, let host = parts[1].firstRange(of: "://")?.upperBound,
                let path = parts[1][host...].firstIndex(of: "/")
            else { return .answer("HTTP/1.1 400 What\r\nContent-Length: 0\r\n\r\n") }
            return .forwardOnce(to: port, head: "\(parts[0]) \(parts[1][path...]) \(parts[2])")
        }
    }
}

/// How bytes are passed on.
private enum Manner {
    case pass, passOnce, tunnel
}

extension String {
    /// The message of HTTP that begins here, with word that the connection ends after it.
    fileprivate var closing: String {
        var lines = split(separator: "\r\n", omittingEmptySubsequences: false)
        let end = lines.firstIndex(of: "") ?? lines.endIndex
        for index in lines.indices[..<end].reversed() where lines[index].lowercased().hasPrefix("connection:") {
            lines.remove(at: index)
        }
        lines.insert("Connection: close", at: min(1, lines.count))
        return lines.joined(separator: "\r\n")
    }
}

/// The client's side of a connection.
private final class FrontHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case head(String)
        /// The other side is being connected to; this waits for it.
        case connecting(ByteBuffer)
        case open(any Channel)
        case over
    }

    private let decide: Relay.Decide
    private var state = State.head("")

    init(_ decide: @escaping Relay.Decide) {
        self.decide = decide
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        switch state {
        case .head(let start):
            let text = start + (buffer.readString(length: buffer.readableBytes) ?? "")
            guard let end = text.firstRange(of: "\r\n\r\n")?.upperBound else {
                state = .head(text)
                return
            }
            decided(decide(String(text[..<end])), rest: String(text[end...]), context)
        case .connecting(var waiting):
            waiting.writeBuffer(&buffer)
            state = .connecting(waiting)
        case .open(let back):
            back.writeAndFlush(buffer, promise: nil)
        case .over:
            break
        }
    }

    private func decided(_ decision: Relay.Decision, rest: String, _ context: ChannelHandlerContext) {
        switch decision {
        case .answer(let text):
            state = .over
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text))).assumeIsolated().whenComplete { _ in
                context.close(promise: nil)
            }
        case .silence:
            state = .over
        case .forward(let port, let head):
            connect(to: port, ByteBuffer(string: head + rest), .pass, context)
        case .forwardOnce(let port, let head):
            connect(to: port, ByteBuffer(string: head.closing + rest), .passOnce, context)
        case .tunnel(let port):
            connect(to: port, ByteBuffer(string: rest), .tunnel, context)
        }
    }

    private func connect(to port: Int, _ first: ByteBuffer, _ manner: Manner, _ context: ChannelHandlerContext) {
        state = .connecting(first)
        let front = context.channel
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { back in
                back.eventLoop.makeCompletedFuture {
                    try back.pipeline.syncOperations.addHandler(BackHandler(front, manner))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .assumeIsolated()
            .whenComplete { result in
                guard case .success(let back) = result, case .connecting(let waiting) = self.state else {
                    return context.close(promise: nil)
                }
                self.state = .open(back)
                if manner == .tunnel {
                    front.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 Open\r\n\r\n"), promise: nil)
                }
                back.writeAndFlush(waiting, promise: nil)
            }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .open(let back) = state { back.close(promise: nil) }
        state = .over
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// The server's side of a connection.
private final class BackHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let front: any Channel
    /// What has come of the head of the only answer; nil where nothing is to be changed any more.
    private var head: String?

    init(_ front: any Channel, _ manner: Manner) {
        self.front = front
        head = manner == .passOnce ? "" : nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if let start = head {
            let text = start + (buffer.readString(length: buffer.readableBytes) ?? "")
            guard text.contains("\r\n\r\n") else {
                head = text
                return
            }
            head = nil
            buffer = ByteBuffer(string: text.closing)
        }
        front.writeAndFlush(buffer, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        front.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
