import Phoenix
import ServiceLifecycle

/// Runs a client, and a new one when it fails, as a supervisor of Elixir does with its child; at most so often.
struct Supervisor: Service {
    /// The child failed more often than it may.
    struct TooManyRestarts: Error, CustomStringConvertible {
        let restarts: Int
        let last: any Error

        var description: String { "too many restarts (\(restarts)); the last: \(last)" }
    }

    let maximumRestarts: Int
    let diary: Diary
    let makeHandler: @Sendable () -> PingClient

    func run() async throws {
        for restarts in 0... {
            let client = SocketClient(makeHandler(), registry: .standard)
            do {
                // A graceful shutdown of the group stops the client in good order; `run()` returns then.
                try await withGracefulShutdownHandler {
                    try await client.run()
                } onGracefulShutdown: {
                    client.stop()
                }
                return
            } catch is CancellationError {
                return
            } catch {
                guard restarts < maximumRestarts else { throw TooManyRestarts(restarts: restarts, last: error) }
                diary.note(.restarted, "the client failed (\(error)); starting another")
            }
        }
    }
}
