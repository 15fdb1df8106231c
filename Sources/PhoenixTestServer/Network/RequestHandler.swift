private import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket
internal import PhoenixKit

/// One HTTP connection: collects requests, has the world answer them, and switches to WebSocket where it says so.
final class RequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let host: Host
    private let isSecure: Bool
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var isTooLarge = false
    private var isUpgraded = false
    /// What the host watches the connection by while it has yet to send a request.
    private var ticket: UInt64?

    init(host: Host, isSecure: Bool) {
        self.host = host
        self.isSecure = isSecure
    }

    func handlerAdded(context: ChannelHandlerContext) {
        ticket = host.awaitRequest(on: context.channel)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        settleTicket()
    }

    private func settleTicket() {
        ticket.map(host.requestSettled)
        ticket = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isUpgraded else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
            isTooLarge = false
        case .body(var part):
            if part.readableBytes > host.world.limits.requestBody - body.readableBytes {
                isTooLarge = true
                body.clear()
            } else if !isTooLarge {
                body.writeBuffer(&part)
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
        if error is HTTPParserError {
            respond(SiteResponse(status: 400), keepAlive: false, context: context)
        } else {
            context.close(promise: nil)
        }
    }

    private func answer(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        guard !isTooLarge else { return respond(SiteResponse(status: 413), keepAlive: false, context: context) }
        let (path, query) = Self.split(head.uri)
        let peer = context.channel.remoteAddress
        let request = SiteRequest(
            method: head.method.rawValue,
            path: path,
            query: query,
            headers: head.headers.map { HeaderField($0.name.lowercased(), $0.value) },
            body: Bytes(Array(buffer: body)),
            isSecure: isSecure,
            peerAddress: peer?.ipAddress ?? "",
            peerPort: peer?.port ?? 0
        )
        // NIO's parser stops at the end of a request to upgrade, so nothing can follow a refusal.
        let asksToUpgrade = head.headers.contains(name: "upgrade")
        switch host.tell({ $0.answer(request) }) {
        case .respond(let response):
            respond(response, keepAlive: head.isKeepAlive && !asksToUpgrade, context: context)
        case .upgrade(let number, let headers):
            upgrade(number, head, headers, context: context)
        case .silence:
            break
        }
    }

    private func respond(_ response: SiteResponse, keepAlive: Bool, context: ChannelHandlerContext) {
        if keepAlive { ticket = host.awaitRequest(on: context.channel) }
        var headers = HTTPHeaders()
        headers.add(name: "date", value: HTTPDate.now())
        headers.add(name: "content-length", value: String(response.body.count))
        if host.world.adapter == .bandit { headers.add(name: "vary", value: "accept-encoding") }
        headers.add(name: "cache-control", value: "max-age=0, private, must-revalidate")
        for field in response.headers { headers.replaceOrAdd(name: field.name, value: field.value) }
        let head = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: min(max(response.status, 100), 999)),
            headers: headers
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
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

    private func upgrade(
        _ number: UInt64,
        _ request: HTTPRequestHead,
        _ extra: [HeaderField],
        context: ChannelHandlerContext
    ) {
        isUpgraded = true
        var headers = HTTPHeaders([
            ("date", HTTPDate.now()), ("upgrade", "websocket"), ("connection", "Upgrade"),
            ("sec-websocket-accept", Handshake.accept(for: request.headers.first(name: "sec-websocket-key") ?? "")),
            ("cache-control", "max-age=0, private, must-revalidate"),
        ])
        for field in extra { headers.add(name: field.name, value: field.value) }
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)

        let pipeline = context.pipeline.syncOperations
        do {
            let encoder = try pipeline.context(handlerType: HTTPResponseEncoder.self)
            let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
            let handler = WebSocketHandler(number: number, host: host)
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
