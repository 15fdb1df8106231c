internal import Harness
internal import NIOCore
internal import NIOWebSocket
internal import Synchronization

/// The handler of one connection.
///
/// Its state is only touched on the event loop; `finished` is set before the connection is opened.
final class Peer: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    enum Work: String {
        case integer, untouched, echo
    }

    let report = Mutex("")
    var finished: EventLoopPromise<Void>?

    private var context: ChannelHandlerContext?
    private let work: Work
    private let count: Int
    private let size: Int
    private var pass = -1
    private var reference = 1
    private var wanted = 0
    private var seen = 0
    private var sum: Int64 = 0
    private var trips: [Int64] = []
    private var sentAt: Int64 = 0
    private var cpu: Int64 = 0
    private var wall: Int64 = 0

    init(_ work: Work, count: Int, size: Int) {
        (self.work, self.count, self.size) = (work, count, size)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    /// Begins, once the pipeline is free of HTTP.
    func start() {
        guard let context else { return }
        send("[\"1\",\"1\",\"blast:0\",\"phx_join\",{}]", context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard frame.opcode == .text else { return }
        if pass < 0 { return count > 0 ? begin(context) : end(context) }
        if work == .echo {
            sum &+= Self.integer(frame.data)
            trips.append(CPUClock.wall - sentAt)
            seen += 1
            if seen == wanted { end(context) } else { echo(context) }
        } else {
            // The reply to the order, the ticks, and the word that they are done.
            if work == .integer, seen > 0, seen <= wanted { sum &+= Self.integer(frame.data) }
            seen += 1
            if seen == wanted + 2 { end(context) }
        }
    }

    private func begin(_ context: ChannelHandlerContext) {
        pass += 1
        (wanted, seen, sum, trips) = (pass == 0 ? max(1, count / 10) : count, 0, 0, [])
        (cpu, wall) = (CPUClock.now, CPUClock.wall)
        if work == .echo { return echo(context) }
        reference += 1
        let payload = "{\"count\":\(wanted),\"size\":\(size),\"topics\":1}"
        send("[\"1\",\"\(reference)\",\"blast:0\",\"blast\",\(payload)]", context)
    }

    private func end(_ context: ChannelHandlerContext) {
        if pass == 0 { return begin(context) }
        let (cpu, wall) = (CPUClock.now - cpu, CPUClock.wall - wall)
        trips.sort()
        let mean = trips.isEmpty ? 0 : trips.reduce(0, +) / Int64(trips.count)
        let p50 = trips.isEmpty ? 0 : trips[trips.count / 2]
        let p99 = trips.isEmpty ? 0 : trips[trips.count * 99 / 100]
        report.withLock {
            $0 =
                "{\"messages\":\(wanted),\"cpu\":\(cpu),\"wall\":\(wall),\"p50\":\(p50),\"p99\":\(p99),"
                + "\"mean\":\(mean),\"sum\":\(sum)}"
        }
        finished?.succeed()
    }

    private func echo(_ context: ChannelHandlerContext) {
        reference += 1
        sentAt = CPUClock.wall
        let pad = String(repeating: "x", count: size - 20)
        send("[\"1\",\"\(reference)\",\"blast:0\",\"echo\",{\"i\":1000000,\"pad\":\"\(pad)\"}]", context)
    }

    private func send(_ text: String, _ context: ChannelHandlerContext) {
        let frame = WebSocketFrame(
            fin: true,
            opcode: .text,
            maskKey: .random(),
            data: context.channel.allocator.buffer(string: text)
        )
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    /// The digits behind `"i":`.
    private static func integer(_ buffer: ByteBuffer) -> Int64 {
        buffer.withUnsafeReadableBytes { bytes in
            var index = 0
            while index + 4 < bytes.count {
                if bytes[index] == UInt8(ascii: "\""), bytes[index + 1] == UInt8(ascii: "i"),
                    bytes[index + 2] == UInt8(ascii: "\""), bytes[index + 3] == UInt8(ascii: ":")
                {
                    var value: Int64 = 0
                    index += 4
                    while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 {
                        value = value &* 10 &+ Int64(bytes[index] &- UInt8(ascii: "0"))
                        index += 1
                    }
                    return value
                }
                index += 1
            }
            return -1
        }
    }
}
