private import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket
internal import PhoenixDeflate
internal import PhoenixKit

#if canImport(Darwin)
private import Darwin
#elseif canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// One HTTP connection: collects requests, has the world answer them, and switches to WebSocket where it says so.
final class RequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let host: Host
    private let isSecure: Bool
    private var context: ChannelHandlerContext?
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    /// How many bytes of a body have come, those over the limit included.
    private var received = 0
    private var isUpgraded = false
    /// What the host watches the connection by while it has yet to send a request.
    private var ticket: UInt64?
    /// The request that is being answered.
    private var pending: (number: UInt64, keepAlive: Bool)?
    /// What came behind it.
    private var waiting: [HTTPServerRequestPart] = []

    init(host: Host, isSecure: Bool) {
        self.host = host
        self.isSecure = isSecure
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        ticket = host.awaitRequest(on: context.channel)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        settleTicket()
        if let pending { host.settle(pending.number) }
        pending = nil
        waiting = []
        self.context = nil
    }

    private func settleTicket() {
        ticket.map(host.requestSettled)
        ticket = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isUpgraded else { return }
        let part = unwrapInboundIn(data)
        guard pending == nil, waiting.isEmpty else {
            // Answers keep the order of the requests, so this one waits, and with it the client.
            if waiting.isEmpty { context.channel.setOption(.autoRead, value: false).whenComplete { _ in } }
            return waiting.append(part)
        }
        take(part, context: context)
    }

    private func take(_ part: HTTPServerRequestPart, context: ChannelHandlerContext) {
        let limit = host.world.limits.requestBody
        switch part {
        case .head(let head):
            self.head = head
            body.clear()
            received = 0
            if head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" }) {
                let go = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
            }
        case .body(var part):
            received += part.readableBytes
            if received <= limit {
                body.writeBuffer(&part)
            } else if received - limit <= limit {
                body.clear()
            } else {
                reset()
            }
        case .end:
            guard let head else { return }
            self.head = nil
            settleTicket()
            answer(head, context: context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        host.logger.debug("Connection failed before an upgrade", metadata: ["error": "\(error)"])
        if error is HTTPParserError, pending == nil {
            write(SiteResponse(status: 400), keepAlive: false, context: context)
        } else {
            context.close(promise: nil)
        }
    }

    private func answer(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let (path, query) = Self.split(head.uri)
        let peer = context.channel.remoteAddress
        var request = SiteRequest(
            method: head.method.rawValue,
            path: path,
            query: query,
            headers: head.headers.map { HeaderField($0.name.lowercased(), $0.value) },
            body: Bytes(Array(buffer: body)),
            isSecure: isSecure,
            peerAddress: peer?.ipAddress ?? "",
            peerPort: peer?.port ?? 0
        )
        request.isBodyTooLarge = received > host.world.limits.requestBody
        body = ByteBuffer()
        // NIO's parser stops at the end of a request to upgrade, so nothing can follow a refusal.
        let asksToUpgrade = head.headers.contains(name: "upgrade")
        let number = host.expect(self)
        pending = (number, head.isKeepAlive && !asksToUpgrade)
        switch host.tell({ $0.answer(request, number: number) }) {
        case .respond(let response):
            respond(response, to: number)
        case .upgrade(let connection, let headers, let agreement):
            host.settle(number)
            pending = nil
            let limits = ConnectionLimits(inflatedMessage: host.world.limits.inflatedMessage)
            let codec = agreement.map { host.world.adapter.deflate.codec(for: $0, as: .server, limits: limits) }
            upgrade(connection, head, headers, codec, context: context)
        case .later:
            break
        }
    }

    // MARK: Orders of the host

    /// Answers the request at hand, and takes the next one.
    func respond(_ response: SiteResponse, to number: UInt64) {
        guard let context, let pending, pending.number == number else { return }
        host.settle(number)
        self.pending = nil
        write(response, keepAlive: pending.keepAlive && response.status != 413, context: context)
        guard !waiting.isEmpty else { return }
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { me.value.takeWaiting() }
    }

    /// Takes what came behind the request that has been answered, up to the next request.
    private func takeWaiting() {
        while pending == nil, let context, !waiting.isEmpty {
            take(waiting.removeFirst(), context: context)
            if waiting.isEmpty { context.channel.setOption(.autoRead, value: true).whenComplete { _ in } }
        }
    }

    /// Answers with half a body, and ends the connection.
    func respondPartly(_ response: SiteResponse, to number: UInt64) {
        guard let context, let pending, pending.number == number else { return }
        writeHead(of: response, context: context)
        let half = response.body[0..<response.body.count / 2]
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: half.array)))), promise: nil)
        context.close(promise: nil)
    }

    /// Resets the TCP connection.
    func reset() {
        guard let context else { return }
        let channel = context.channel
        guard let socket = channel as? any SocketOptionProvider else { return context.close(promise: nil) }
        // Nothing of what has been written is worth waiting for.
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    }

    private func write(_ response: SiteResponse, keepAlive: Bool, context: ChannelHandlerContext) {
        if keepAlive { ticket = host.awaitRequest(on: context.channel) }
        writeHead(of: response, context: context)
        if !response.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body.array)))), promise: nil)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        if !keepAlive {
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
    }

    private func writeHead(of response: SiteResponse, context: ChannelHandlerContext) {
        var headers = HTTPHeaders()
        headers.add(name: "date", value: HTTPDate.now())
        headers.add(name: "content-length", value: String(response.body.count))
        addSignature(to: &headers)
        headers.add(name: "cache-control", value: "max-age=0, private, must-revalidate")
        for field in response.headers { headers.replaceOrAdd(name: field.name, value: field.value) }
        let head = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: min(max(response.status, 100), 999)),
            headers: headers
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
    }

    /// What a web server adds to every response of its own accord.
    private func addSignature(to headers: inout HTTPHeaders, isUpgrade: Bool = false) {
        switch host.world.adapter {
        case .bandit: if !isUpgrade { headers.add(name: "vary", value: "accept-encoding") }
        case .cowboy: headers.add(name: "server", value: "Cowboy")
        }
    }

    private func upgrade(
        _ number: UInt64,
        _ request: HTTPRequestHead,
        _ extra: [HeaderField],
        _ codec: DeflateCodec?,
        context: ChannelHandlerContext
    ) {
        isUpgraded = true
        var headers = HTTPHeaders([
            ("date", HTTPDate.now()), ("upgrade", "websocket"), ("connection", "Upgrade"),
            ("sec-websocket-accept", Handshake.accept(for: request.headers.first(name: "sec-websocket-key") ?? "")),
            ("cache-control", "max-age=0, private, must-revalidate"),
        ])
        addSignature(to: &headers, isUpgrade: true)
        for field in extra { headers.add(name: field.name, value: field.value) }
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)

        let pipeline = context.pipeline.syncOperations
        do {
            let encoder = try pipeline.context(handlerType: HTTPResponseEncoder.self)
            let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
            let handler = WebSocketHandler(number: number, host: host, codec: codec)
            try pipeline.addHandlers([
                WebSocketFrameEncoder(),
                ByteToMessageHandler(
                    WebSocketFrameDecoder(maxFrameSize: min(max(host.world.limits.frame, 0), Int(UInt32.max)))
                ),
                handler,
            ])
            pipeline.removeHandler(context: encoder, promise: nil)
            pipeline.removeHandler(context: context, promise: nil)
            // Last: it hands on what the client sent together with its request, which no end of a read follows.
            let removed = context.eventLoop.makePromise(of: Void.self)
            let bound = NIOLoopBound(handler, eventLoop: context.eventLoop)
            removed.futureResult.whenComplete { _ in bound.value.tellEvents() }
            pipeline.removeHandler(context: decoder, promise: removed)
        } catch {
            host.tell { $0.disconnected(number) }
            context.close(promise: nil)
        }
    }

    private static func split(_ target: String) -> (path: String, query: String?) {
        guard let mark = target.firstIndex(of: "?") else { return (target, nil) }
        return (String(target[..<mark]), String(target[target.index(after: mark)...]))
    }
}
