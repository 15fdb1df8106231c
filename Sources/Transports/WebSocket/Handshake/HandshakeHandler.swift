internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import NIOTLS
internal import PhoenixKit

/// Opens a connection on its event loop: waits for TLS, sends the upgrade, judges the answer, and gives the pipeline
/// over to a `ConnectionHandler`.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// What the task that opens the connection waits for.
    struct Results: Sendable {
        let secured = OneShot<Void>()
        let upgraded = OneShot<Opened>()
    }

    /// A connection that is open.
    struct Opened: Sendable {
        let details: ConnectionDetails
        let handler: NIOLoopBound<ConnectionHandler>
    }

    private enum State {
        case idle
        case securing
        /// The request is sent, and the head of the answer is awaited.
        case asking
        /// The answer is no 101, and its body is gathered.
        case refused(UpgradeRefusal)
        /// The answer is a right 101, and its end is awaited.
        case accepted(UpgradeAnswer)
        case done
    }

    private let request: UpgradeRequest
    private let parts: ConnectionHandler.Parts
    private let results: Results
    private let host: String
    /// Whether the server's certificate must be for the host.
    private let checksHost: Bool
    private var state = State.idle
    /// How many bytes of the answer have come, and whether its head is among them.
    private var received = 0
    private var context: ChannelHandlerContext?
    /// Who the connection has been given over to.
    private(set) var successor: ConnectionHandler?

    init(
        _ request: UpgradeRequest,
        host: String,
        checksHost: Bool,
        parts: ConnectionHandler.Parts,
        results: Results
    ) {
        self.request = request
        self.host = host
        self.checksHost = checksHost
        self.parts = parts
        self.results = results
    }

    // MARK: Orders

    /// Puts the handlers of the handshake into the pipeline of `channel` and begins.
    ///
    /// There is no `tls` for plain text. What it throws is an error of NIO.
    static func install(_ handler: HandshakeHandler, tls: NIOSSLClientHandler?, in channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(tls) }
        try pipeline.addHandler(ResponseGauge(handler))
        try pipeline.addHandler(HTTPRequestEncoder())
        try pipeline.addHandler(ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes)))
        handler.state = .securing
        try pipeline.addHandler(handler)
        guard channel.isActive else { return handler.channelInactive() }
        if tls == nil { handler.results.secured.complete(.success(())) }
        try channel.syncOptions?.setOption(.autoRead, value: true)
        channel.read()
    }

    /// Sends the upgrade.
    func ask() {
        guard let context, case .securing = state else { return }
        state = .asking
        context.write(wrapOutboundOut(.head(request.head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Gives up because time is up: with the refusal, when there is one whose body does not end.
    func expire(_ error: PhoenixError) {
        if case .refused(let refusal) = state { return fail(refusal.error) }
        fail(error)
    }

    /// Gives up, and closes the connection without ado.
    func fail(_ error: any Error) {
        if case .done = state { return }
        state = .done
        results.secured.complete(.failure(error))
        results.upgraded.complete(.failure(error))
        context?.channel.closeAtOnce()
    }

    // MARK: Events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        channelInactive()
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event {
            if checksHost, !isServersCertificateForHost(context) { return fail(TLSFailure.foreign(host)) }
            results.secured.complete(.success(()))
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func isServersCertificateForHost(_ context: ChannelHandlerContext) -> Bool {
        guard let certificate = try? context.channel.pipeline.syncOperations.nioSSL_peerCertificate() else {
            return false
        }
        return TLSIdentity.isFor(host, certificate)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .asking):
            answered(head)
        case (.body(let buffer), .refused(var refusal)):
            let room = max(0, parts.limits.refusalBody) - refusal.body.count
            refusal.body = Bytes(refusal.body.array + buffer.readableBytesView.prefix(max(0, room)))
            state = .refused(refusal)
            if refusal.body.count >= max(0, parts.limits.refusalBody) { fail(refusal.error) }
        case (.end, .refused(let refusal)):
            fail(refusal.error)
        case (.end, .accepted(let answer)):
            open(answer)
        default:
            break
        }
    }

    /// How many bytes more show that the head of the final answer is too long; nil when it is not awaited any more.
    var room: Int? {
        guard case .asking = state else { return nil }
        return min(max(0, parts.limits.responseHeaders), 1 << 40) - received + 1
    }

    /// Counts what came of the answer, after it has been passed on: its head must be within the limit, and so must be what
    /// stands around the body of a refusal.
    func received(_ count: Int) {
        switch state {
        case .asking:
            received += count
            if received > min(max(0, parts.limits.responseHeaders), 1 << 40) { fail(tooLong) }
        case .refused(let refusal):
            received += count
            // The head, the body, and as much again as a head may have for the frames of the body and its trailers.
            let limits = [parts.limits.responseHeaders, parts.limits.responseHeaders, parts.limits.refusalBody]
            if received > limits.reduce(0, { $0 + min(max(0, $1), 1 << 40) }) { fail(refusal.error) }
        case .idle, .securing, .accepted, .done:
            break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .idle, .done:
            break
        case .securing where error is HTTPParserError:
            // Without TLS a peer may speak before it is asked.
            fail(failure(error, in: context.channel))
        case .securing:
            fail(TLSFailure.error(error, host: host, in: context.channel))
        case .refused(let refusal):
            fail(refusal.error)
        case .asking, .accepted:
            fail(failure(error, in: context.channel))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        channelInactive()
        context.fireChannelInactive()
    }

    private func channelInactive() {
        switch state {
        case .idle, .done:
            break
        case .refused(let refusal):
            fail(refusal.error)
        case .securing:
            fail(
                PhoenixError(
                    .unreachable,
                    "Expected \(host) to answer, but the connection was closed before the upgrade was sent."
                )
            )
        case .asking, .accepted:
            fail(
                received == 0
                    ? PhoenixError(
                        .unreachable,
                        "Expected \(host) to answer the upgrade, but it closed the connection without a word."
                    )
                    : PhoenixError(
                        .upgradeInvalid,
                        "Expected a whole answer to the upgrade, but \(host) closed the connection in the middle of it."
                    )
            )
        }
    }

    // MARK: The answer

    private func answered(_ head: HTTPResponseHead) {
        let headers = head.headers.map { HeaderField($0.name.lowercased(), $0.value) }
        let size = headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        guard size <= max(0, parts.limits.responseHeaders) else { return fail(tooLong) }
        guard head.status.code == 101 else {
            let refusal = UpgradeRefusal(status: Int(head.status.code), headers: headers, body: Bytes())
            state = .refused(refusal)
            if parts.limits.refusalBody <= 0 { fail(refusal.error) }
            return
        }
        do {
            state = .accepted(try UpgradeAnswer(headers, to: request, limits: parts.limits))
        } catch {
            fail(error)
        }
    }

    /// Gives the pipeline over.
    ///
    /// The decoder goes one turn of the event loop later; until then the gauge leads past it what arrives.
    private func open(_ answer: UpgradeAnswer) {
        guard let context else { return }
        let handler = ConnectionHandler(parts, codec: answer.codec)
        let pipeline = context.pipeline.syncOperations
        do {
            try context.channel.syncOptions?.setOption(.autoRead, value: false)
            try pipeline.addHandler(handler)
            let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPResponseDecoder>.self)
            let encoder = try pipeline.context(handlerType: HTTPRequestEncoder.self)
            let gauge = try pipeline.context(handlerType: ResponseGauge.self)
            state = .done
            successor = handler
            let details = ConnectionDetails(
                subprotocol: answer.subprotocol,
                headers: answer.headers,
                extensions: answer.extensions,
                remoteAddress: context.channel.remoteAddress?.shortText
            )
            let bound = NIOLoopBound(handler, eventLoop: context.eventLoop)
            pipeline.removeHandler(context: context, promise: nil)
            pipeline.removeHandler(context: encoder, promise: nil)
            let removed = context.eventLoop.makePromise(of: Void.self)
            removed.futureResult.assumeIsolated().whenComplete { [results] _ in
                pipeline.removeHandler(context: gauge, promise: nil)
                handler.start()
                results.upgraded.complete(.success(Opened(details: details, handler: bound)))
            }
            pipeline.removeHandler(context: decoder, promise: removed)
        } catch {
            fail(PhoenixError(.transportDown, "The connection was lost as it opened.", cause: error))
        }
    }

    private func failure(_ error: any Error, in channel: any Channel) -> PhoenixError {
        switch error {
        case HTTPParserError.headerOverflow:
            PhoenixError(
                .limitExceeded,
                "Expected an answer to the upgrade with at most 256 headers, got more. Check what stands before the server.",
                cause: error
            )
        case is HTTPParserError:
            PhoenixError(
                .upgradeInvalid,
                "Expected an answer in HTTP/1.1 from \(host), got something else (\(error)). Check scheme and port.",
                cause: error
            )
        case is IOError:
            PhoenixError(.unreachable, "The connection to \(host) broke during the upgrade: \(error).", cause: error)
        default:
            TLSFailure.error(error, host: host, in: channel)
        }
    }

    private var tooLong: PhoenixError {
        PhoenixError(
            .limitExceeded,
            "Expected at most \(parts.limits.responseHeaders) bytes of headers in the answer to the upgrade, got more."
        )
    }
}

extension SocketAddress {
    /// The address as it stands in a URL.
    fileprivate var shortText: String? {
        guard let ipAddress, let port else { return pathname }
        return ipAddress.contains(":") ? "[\(ipAddress)]:\(port)" : "\(ipAddress):\(port)"
    }
}
