internal import ArgumentParser
private import Dispatch
internal import Phoenix
internal import PhoenixTestServer

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Starts a server in this process and talks to it, step by step.",
        discussion: """
            Two clients and a server hold a conversation over real WebSocket
            connections on the loopback interface, first in version 2 of the protocol,
            then in version 1. Each step is checked and shows its frames (→ sent,
            ← received). At last a proxy between them eats upgrades: the client falls
            back to long polling, and moves to WebSocket once it can.

            Ends with 0 when everything was as it should be, within 25 seconds; with
            1, and what was expected, when it was not.
            """
    )

    private static let deadline = Duration.seconds(25)

    func run() async throws {
        let stage = Stage(console: Console(plain: true))
        let clock = SystemClock()
        let start = clock.now
        // Should something not even heed its cancellation, the demo ends all the same.
        DispatchQueue.global().asyncAfter(deadline: .now() + 28) {
            stage.console.warn("phx: demo: at \"\(stage.title)\": expected an end within 28 s, got none.")
            System.exit(Status.failure.rawValue)
        }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.play(on: stage) }
                group.addTask {
                    try await clock.sleep(until: start + Self.deadline)
                    throw DemoFailure(expected: "to be done within \(Self.deadline.brief)", came: "no end")
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch let failure as DemoFailure {
            throw Self.failure(at: stage.title, failure.expected, failure.came)
        } catch {
            throw Self.failure(at: stage.title, "no error", "\(error)")
        }
        let style = stage.console.style
        stage.console.line("")
        stage.console.line(
            style.green("All \(stage.steps) steps went as they should") + ", in \((clock.now - start).brief)."
        )
    }

    private static func play(on stage: Stage) async throws {
        let console = stage.console
        try await PhoenixTestServer.withServer(site: .conversation) { server in
            let url = server.url("/socket/websocket")
            console.line("A server in this process, at \(console.style.cyan(url)); clients on real WebSockets.")
            for (version, hasBinary, name) in [("2.0.0", true, "V2"), ("1.0.0", false, "V1")] {
                console.line("")
                console.line(console.style.magenta("Version \(version) of the protocol (\(name))"))
                var conversation = try Conversation(at: url, version: version, hasBinary: hasBinary, on: stage)
                try await conversation.play()
            }
            console.line("")
            console.line(console.style.magenta("Through a proxy that eats upgrades"))
            try await UpgradeEater.run(before: server.port) { proxy in
                var detour = try Detour(through: proxy, on: stage)
                try await detour.play()
            }
        }
    }

    private static func failure(at title: String, _ expected: String, _ came: String) -> Failure {
        Failure(.failure, "demo: at \"\(title)\": expected \(expected), got \(came).")
    }
}
