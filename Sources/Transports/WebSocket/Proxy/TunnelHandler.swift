internal import NIOCore
internal import PhoenixKit

/// Asks a proxy for a tunnel, on the event loop of the connection, and judges the answer.
///
/// It reads no further than the answer. Whatever came behind it waits here until somebody reads from the channel; then
/// the handler leaves the pipeline.
final class TunnelHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case asking(ProxyAnswer)
        /// The answer is no 2xx; of its body is kept what came along.
        case refused(ProxyRefusal)
        /// The tunnel is open, and this has come through it.
        case open(ByteBuffer)
        case done
    }

    private let request: TunnelRequest
    private let bodyLimit: Int
    private let result: OneShot<Void>
    private var state: State

    init(_ request: TunnelRequest, limits: ConnectionLimits, result: OneShot<Void>) {
        self.request = request
        self.result = result
        bodyLimit = max(0, limits.refusalBody)
        state = .asking(ProxyAnswer(to: request, limit: limits.responseHeaders))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard context.channel.isActive else { return fail(request.closed, context) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: request.bytes)), promise: nil)
        context.read()
    }

    // MARK: The answer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        switch state {
        case .asking(var answer):
            do throws(PhoenixError) {
                while let byte: UInt8 = buffer.readInteger() {
                    guard let head = try answer.received(byte) else { continue }
                    return answered(head, buffer)
                }
                state = .asking(answer)
            } catch {
                fail(error, context)
            }
        case .refused(let refusal):
            state = .refused(keeping(buffer, of: refusal))
        case .open(var rest):
            rest.writeBuffer(&buffer)
            state = .open(rest)
        case .done:
            context.fireChannelRead(data)
        }
    }

    private func answered(_ head: ProxyAnswer.Head, _ rest: ByteBuffer) {
        if head.isOpen {
            state = .open(rest)
            result.complete(.success(()))
        } else {
            state = .refused(keeping(rest, of: ProxyRefusal(status: head.status, headers: head.headers)))
        }
    }

    /// The refusal with as much of its body as there is room for.
    private func keeping(_ part: ByteBuffer, of refusal: ProxyRefusal) -> ProxyRefusal {
        var refusal = refusal
        let room = max(0, bodyLimit - refusal.body.count)
        refusal.body = Bytes(refusal.body.array + part.readableBytesView.prefix(room))
        return refusal
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        switch state {
        case .asking: context.read()
        // Its end is not waited for: not all proxies end it, and no deadline is worth it.
        case .refused(let refusal): fail(request.refused(refusal), context)
        case .open: break
        case .done: context.fireChannelReadComplete()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .refused(let refusal) = state { fail(request.refused(refusal), context) }
        if case .asking = state { fail(request.closed, context) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .asking: fail(request.closed, context)
        case .refused(let refusal): fail(request.refused(refusal), context)
        case .open, .done: context.fireErrorCaught(error)
        }
    }

    private func fail(_ error: PhoenixError, _ context: ChannelHandlerContext) {
        state = .done
        result.complete(.failure(error))
        context.close(promise: nil)
    }

    // MARK: The tunnel

    func read(context: ChannelHandlerContext) {
        guard case .open(let rest) = state else { return context.read() }
        state = .done
        if rest.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(rest))
            context.fireChannelReadComplete()
        }
        context.read()
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
