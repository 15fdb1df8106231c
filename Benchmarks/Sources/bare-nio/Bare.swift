internal import Harness
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOWebSocket
internal import Synchronization

/// A bare SwiftNIO pipeline with NIOWebSocket: its decoder, and a handler on the event loop that looks for the integer.
///
///     bare-nio PORT CASE COUNT SIZE      CASE: integer, untouched, echo
///     bare-nio PORT idle CONNECTIONS MESSAGES
@main
struct Bare {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst().map { $0 }
        guard arguments.count == 4, let port = Int(arguments[0]), let count = Int(arguments[2]),
            let size = Int(arguments[3])
        else {
            print("Expected PORT CASE COUNT SIZE")
            throw ExitCode.misuse
        }
        if arguments[1] == "idle" {
            for _ in 0..<50 { try await open(port, Peer(.untouched, count: size, size: 64)) }
            let before = ResidentMemory.now
            for _ in 0..<count { try await open(port, Peer(.untouched, count: size, size: 64)) }
            let after = ResidentMemory.now
            print("{\"messages\":\(count),\"bytes\":\((after - before) / count)}")
        } else {
            guard let work = Peer.Work(rawValue: arguments[1]) else { throw ExitCode.misuse }
            let peer = Peer(work, count: count, size: size)
            try await open(port, peer)
            print(peer.report.withLock { $0 })
        }
    }

    enum ExitCode: Error {
        case misuse, notUpgraded
    }

    /// Opens one connection and returns when its peer has done what it is there for.
    private static func open(_ port: Int, _ peer: Peer) async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let finished = eventLoop.makePromise(of: Void.self)
        peer.finished = finished
        let upgrader = NIOTypedWebSocketClientUpgrader<Void>(
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(peer) }
            }
        )
        let bootstrap = ClientBootstrap(group: eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        let upgraded = try await bootstrap.connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                var headers = HTTPHeaders()
                headers.add(name: "Host", value: "127.0.0.1")
                let head = HTTPRequestHead(
                    version: .http1_1,
                    method: .GET,
                    uri: "/socket/websocket?vsn=2.0.0",
                    headers: headers
                )
                let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Void>(
                    upgradeRequestHead: head,
                    upgraders: [upgrader],
                    notUpgradingCompletionHandler: { channel in
                        channel.eventLoop.makeFailedFuture(ExitCode.notUpgraded)
                    }
                )
                var configuration = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade)
                configuration.leftOverBytesStrategy = .forwardBytes
                return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
                    configuration: configuration
                )
            }
        }
        try await upgraded.get()
        try await eventLoop.submit { peer.start() }.get()
        try await finished.futureResult.get()
    }
}
