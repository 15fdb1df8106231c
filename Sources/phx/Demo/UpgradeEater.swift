internal import NIOCore
internal import NIOPosix
private import Synchronization

/// A proxy as it stands before many a network: it passes plain requests on, and answers every upgrade with an error page of its own.
///
/// It can be told to let upgrades through.
final class UpgradeEater: Sendable {
    /// Shared with the connections.
    final class Appetite: Sendable {
        private let state = Mutex((isEating: true, eaten: 0))

        /// How many upgrades were eaten.
        var eaten: Int { state.withLock { $0.eaten } }

        func stop() { state.withLock { $0.isEating = false } }

        /// Whether the upgrade that has come is eaten.
        func eats() -> Bool {
            state.withLock { state in
                if state.isEating { state.eaten += 1 }
                return state.isEating
            }
        }
    }

    private let appetite: Appetite
    private let channel: any Channel
    let port: Int

    private init(_ channel: any Channel, _ appetite: Appetite, port: Int) {
        self.channel = channel
        self.appetite = appetite
        self.port = port
    }

    /// How many upgrades were eaten.
    var eaten: Int { appetite.eaten }

    /// Lets all upgrades through from now on.
    func letThrough() { appetite.stop() }

    /// Runs `body` with a proxy before the port `server` of this machine, and takes the proxy down.
    static func run(before server: Int, _ body: (UpgradeEater) async throws -> Void) async throws {
        let appetite = Appetite()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(UpgradeRelay(to: server, appetite))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = channel.localAddress?.port else {
            throw DemoFailure(expected: "a port for the proxy", came: "none")
        }
        let eater = UpgradeEater(channel, appetite, port: port)
        do {
            try await body(eater)
        } catch {
            try? await channel.close()
            throw error
        }
        try await channel.close()
    }
}
