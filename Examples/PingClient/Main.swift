import Foundation
import Logging
import Phoenix
import ServiceLifecycle

/// Runs a ping client under supervision against a server that keeps failing, and says whether it did what it should.
///
///     swift run --package-path Examples PingClient [seed]
@main
struct Main {
    static func main() async throws {
        let seed = CommandLine.arguments.dropFirst().first.flatMap { UInt64($0) } ?? .random(in: 0...9_999)
        say("seed \(seed)")
        // By then the server has been restless enough.
        let diary = Diary(goals: [.pong: 12, .connected: 3, .rejoined: 1])
        let server = try await RestlessServer.start(seed: seed, diary: diary)
        let url = server.server.url("/socket/websocket")
        let supervisor = Supervisor(maximumRestarts: 1, diary: diary) { PingClient(url: url, diary: diary) }
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: server, successTerminationBehavior: .ignore),
                    .init(service: supervisor, successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                gracefulShutdownSignals: [.sigint, .sigterm],
                logger: Logger(label: "ping", factory: { _ in SwiftLogNoOpLogHandler() })
            )
        )
        do {
            try await group.run()
            say("ended before its time")
            exit(1)
        } catch let error as Supervisor.TooManyRestarts {
            say("the supervisor ended: \(error)")
            exit(report(diary, error))
        }
    }

    /// Prints whether everything happened that must, and answers with the exit status.
    private static func report(_ diary: Diary, _ end: Supervisor.TooManyRestarts) -> Int32 {
        let checks = [
            ("pings were answered", diary.count(of: .pong) >= 12),
            ("it connected again after cuts", diary.count(of: .connected) >= 3),
            ("it joined again after its channel closed", diary.count(of: .rejoined) >= 1),
            ("it gave up when nobody answered", end.last is PingClient.GivingUp),
            ("it was started again once, as its supervisor may", diary.count(of: .restarted) == 1),
            ("each client was told to terminate", diary.count(of: .terminated) == 2),
        ]
        for (what, holds) in checks { say("\(holds ? "ok    " : "FAILED") \(what)") }
        let failures = checks.count { !$0.1 }
        say("\(checks.count - failures) passed, \(failures) failed")
        return failures == 0 ? 0 : 1
    }
}
