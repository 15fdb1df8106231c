import Phoenix
import PhoenixTestServer
import ServiceLifecycle
import Synchronization

/// A server that answers pings and now and then cuts the connection, ends the channel or lets it crash, until it stops for good.
struct RestlessServer: Service {
    /// What it does instead of answering.
    private enum Whim: CaseIterable {
        case cut, stop, crash
    }

    /// Where its whims come from: the same seed, the same whims.
    private final class Whims: Sendable {
        private let state: Mutex<UInt64>

        init(seed: UInt64) {
            state = Mutex(seed)
        }

        /// One in five pings meets one.
        func next() -> Whim? {
            // SplitMix64.
            let bits: UInt64 = state.withLock { state in
                state &+= 0x9E37_79B9_7F4A_7C15
                var bits = state
                bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
                bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
                return bits ^ (bits >> 31)
            }
            guard bits % 5 == 0 else { return nil }
            let whims = Whim.allCases
            return whims[Int(bits / 5 % UInt64(whims.count))]
        }
    }

    let server: PhoenixTestServer
    let diary: Diary

    static func start(seed: UInt64, diary: Diary) async throws -> RestlessServer {
        let whims = Whims(seed: seed)
        let server = try await PhoenixTestServer.start { site in
            site.socket("/socket") { socket in
                socket.channel("ping") { channel in
                    channel.on("ping") { context, message in
                        switch whims.next() {
                        case .cut:
                            context.killTransport()
                            return .noReply
                        case .stop: return .stop
                        case .crash: return .crash
                        case nil: return .reply("ok", message.payload)
                        }
                    }
                }
            }
        }
        return RestlessServer(server: server, diary: diary)
    }

    /// Serves until the diary has seen enough, then is gone.
    func run() async throws {
        await cancelWhenGracefulShutdown { await diary.waitForGoals() }
        say("the server stops for good")
        await server.stop(abruptly: true)
    }
}
