internal import ArgumentParser
internal import Phoenix

struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Watches sockets: channels, presence, rates, round trips, buffers.",
        discussion: """
            On a terminal it is a page that is drawn anew at each look; q or Ctrl-C
            ends it. Elsewhere, and with --plain, each look is a line. What breaks is
            connected and joined again by itself. A topic that is a URL is a second
            socket, which gets the same parameters, headers and token, and on which
            the same topics are joined.

            At each look a heartbeat is sent, whose round trip is shown, and what
            --push says, on every channel.

            With --json a line is an object: url, state, transport, problem, received,
            received_per_second, bytes_received, sent, sent_per_second, bytes_sent,
            round_trip_ms, waiting (pushes), bytes_waiting, dropped, reconnects,
            channels (topic, state, problem, received, present).

            It ends with 2 when all topics are denied, and with 69 or 77 when the
            server refuses the connection for good. `phx --help` lists all exit
            statuses.

            EXAMPLES
              URL=ws://localhost:4000/socket/websocket
              phx console $URL room:lobby clock:utc
              phx console $URL echo:1 --push 'hello {"n":1}' --interval 0.2
              phx console $URL --count 10 --json | jq .round_trip_ms
            """
    )

    @OptionGroup(title: "Connection") var connection: ConnectionArguments

    @Argument(help: "The topics, and further sockets.")
    var topics: [String] = []

    @Option(help: ArgumentHelp("What the joins carry. (default: {})", valueName: "json"))
    var joinPayload: String?

    @Option(help: ArgumentHelp("What to push on every channel at each look.", valueName: "event {json}"))
    var push: String?

    @Option(help: ArgumentHelp("How long from one look to the next, in seconds.", valueName: "seconds"))
    var interval = 1.0

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("End after so many looks.", valueName: "number"))
    var count: Int?

    @Flag(help: "Print lines on a terminal too.")
    var plain = false

    @Flag(help: "Print lines of JSON.")
    var json = false

    func validate() throws {
        try TopicArguments.check(topics)
        if let count, count < 1 { throw ValidationError("Expected --count to be 1 or more, got \(count).") }
        guard (0.05...86_400).contains(interval) else {
            throw ValidationError("Expected --interval to be from 0.05 to 86400 seconds, got \(interval).")
        }
    }

    func run() async throws {
        let console = Console(json: json, plain: !json)
        let sockets = try sockets(console)
        let watch = LiveWatch(
            sockets: sockets,
            interval: .seconds(interval),
            count: count,
            console: console
        )
        let isPage =
            !plain && !json && System.isTerminal(0) && System.isTerminal(1) && System.environment("TERM") != "dumb"
        guard isPage, TerminalMode.enterRaw() else { return try await watch.run(on: nil) }
        let screen = LiveScreen()
        TerminalMode.enterPage()
        console.setBoard(screen)
        let resizing = SignalWatch.windowSize { screen.redraw() }
        defer {
            resizing.cancel()
            console.setBoard(nil)
            TerminalMode.restore()
        }
        try await watch.run(on: screen)
    }

    private func sockets(_ console: Console) throws -> [LiveSocket] {
        var seen: Set<String> = []
        let all = topics.filter { seen.insert($0).inserted }
        let plan = LiveSocket.Plan(
            topics: all.filter { !$0.contains("://") },
            joinPayload: try joinPayload.map { try PayloadArguments.json($0, called: "--join-payload") } ?? [:],
            push: try push.map(Self.push),
            patience: .seconds(connection.timeout)
        )
        var settings = PhoenixSocket.Settings()
        settings.client = try connection.configuration(on: console)
        if connection.wire { settings.client.wiretap = ConsoleTap(console: console) }
        settings.fallbackStore = Passage.memory()
        let options = try connection.connectionOptions()
        return try ([connection.url] + all.filter { $0.contains("://") }).map { url in
            let target = try connection.target(url)
            connection.warn(on: console, about: target)
            return try LiveSocket(
                target,
                over: connection.isAutomatic ? Passage.automatic : [],
                options: options,
                settings: settings,
                plan: plan
            )
        }
    }

    private static func push(_ text: String) throws -> (event: String, payload: PayloadContent) {
        guard !text.hasPrefix("/"), case .push(let event, let payload) = try JoinLine(text) else {
            throw Failure(.usage, "Expected --push 'event {json}', got \(text.printable.shortened(to: 40)).")
        }
        return (event, payload)
    }
}
