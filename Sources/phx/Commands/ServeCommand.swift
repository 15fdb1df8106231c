internal import ArgumentParser
internal import Phoenix
internal import PhoenixTestServer

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Starts a server to try clients on.",
        discussion: """
            Serves a chat with presence (room:*), an echo (echo:*) and a clock
            (clock:*) at /socket/websocket and /socket/longpoll, and logs one line for
            each connection, join, leave and push. GET /health answers 200.

            The first line of the output is "Listening on URL". Ctrl-C stops it.

            With --fixture it is the server that the recordings of this project were
            made from. It is a server for trying things out: it has no cluster, no
            sessions and one thread.

            EXAMPLES
              phx serve
              phx serve --port 0 --quiet
              phx serve --fixture --adapter cowboy --longpoll-window 1.5
            """
    )

    @Option(name: .shortAndLong, help: "The port; 0 takes a free one.")
    var port = 4000

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Flag(help: "Serve what the recordings were made from.")
    var fixture = false

    @Option(help: "The web server to behave like, bandit or cowboy.", transform: ServeCommand.adapter)
    var adapter = ServerAdapter.bandit

    @Option(help: "Seconds that a long poll waits for messages.")
    var longpollWindow = 10.0

    @Flag(name: .shortAndLong, help: "Do not log what clients do.")
    var quiet = false

    func validate() throws {
        guard (0...65_535).contains(port) else {
            throw ValidationError("Expected --port to be between 0 and 65535, got \(port).")
        }
        guard (0.001...86_400).contains(longpollWindow) else {
            throw ValidationError("Expected --longpoll-window to be from 0.001 to 86400, got \(longpollWindow).")
        }
    }

    func run() async throws {
        let console = Console(plain: true, quiet: quiet)
        var configuration = PhoenixTestServer.Configuration(host: host, port: port)
        configuration.journal = Journal.Limits(entries: quiet ? 0 : 1_000, bytes: 1_000_000)
        configuration.adapter = adapter
        configuration.limits.pollWindow = .seconds(longpollWindow)
        let server = try await PhoenixTestServer.start(configuration, site: fixture ? .recorded : .demo)
        greet(server, console)
        let (interrupted, interrupt) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let interrupts = Interrupts {
            console.leaveLine()
            interrupt.finish()
        }
        defer { interrupts.cancel() }
        await withTaskGroup(of: Void.self) { group in
            if !quiet { group.addTask { await ServerLog(console: console).follow(server.journal) } }
            for await _ in interrupted {}
            group.cancelAll()
        }
        await server.stop()
        console.line("Stopped.")
    }

    private static func adapter(_ name: String) throws -> ServerAdapter {
        guard let adapter = ServerAdapter(rawValue: name) else {
            throw ValidationError("Expected --adapter to be bandit or cowboy, got \(name).")
        }
        return adapter
    }

    private func greet(_ server: PhoenixTestServer, _ console: Console) {
        let url = server.url("/socket/websocket")
        let style = console.style
        console.line("Listening on \(style.cyan(url))")
        guard !quiet, !fixture else { return }
        let examples = [
            ("A chat with presence:", "phx join '\(url)?name=ada' room:lobby"),
            ("An echo:", #"phx push \#(url) echo:1 hello '{"n":1}' --reply"#),
            ("A clock:", "phx listen \(url) clock:utc"),
        ]
        for (what, command) in examples { console.line("  \(what.padded(to: 22)) \(style.bold(command))") }
        console.line("Ctrl-C stops it.")
    }
}
