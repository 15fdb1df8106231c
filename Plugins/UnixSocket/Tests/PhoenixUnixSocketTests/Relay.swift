import Foundation
import NIOCore
import NIOPosix

/// Hands what comes to a Unix domain socket on to a TCP port, as a sidecar does, and back.
final class Relay: Sendable {
    let path: String
    private let channel: any Channel

    private init(path: String, channel: any Channel) {
        self.path = path
        self.channel = channel
    }

    /// Runs `body` with a relay to `port` and stops it afterwards.
    static func run<Result>(to port: UInt16, _ body: (Relay) async throws -> Result) async throws -> Result {
        let path = FileManager.default.temporaryDirectory.appending(path: "phx-\(UInt32.random(in: 0 ... .max))").path
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            // A channel reads when it has been initialised, and so when the other one is there.
            .childChannelInitializer { near in
                ClientBootstrap(group: near.eventLoop)
                    .connect(host: "127.0.0.1", port: Int(port))
                    .flatMapThrowing { far in
                        try near.pipeline.syncOperations.addHandler(Passer(to: far))
                        try far.pipeline.syncOperations.addHandler(Passer(to: near))
                    }
            }
            .bind(unixDomainSocketPath: path).get()
        let relay = Relay(path: path, channel: channel)
        do {
            let result = try await body(relay)
            try await relay.stop()
            return result
        } catch {
            try await relay.stop()
            throw error
        }
    }

    private func stop() async throws {
        try await channel.close()
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// Hands on what one channel reads to another.
private final class Passer: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let other: any Channel

    init(to other: any Channel) {
        self.other = other
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        other.close(promise: nil)
    }
}
