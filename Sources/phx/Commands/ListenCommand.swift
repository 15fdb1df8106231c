internal import ArgumentParser
internal import Phoenix

struct ListenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listen",
        abstract: "Joins topics and prints what comes on them.",
        discussion: """
            Connects and joins again by itself when something breaks, after 1 to 30
            seconds; with --once that ends it instead. A denied join and a refused
            connection (401, 403) always end it. Ctrl-C ends it with status 0.
            `phx --help` lists all exit statuses.

            EXAMPLES
              URL=ws://localhost:4000/socket/websocket
              phx listen $URL clock:utc room:lobby
              phx listen $URL clock:utc --count 3 --json | jq .payload.count
              PHX_AUTH_TOKEN=… phx listen $URL room:1 --event new_msg
            """
    )

    @OptionGroup(title: "Connection") var connection: ConnectionArguments

    @Argument(help: "The topics.")
    var topics: [String]

    @Option(help: ArgumentHelp("What the joins carry. (default: {})", valueName: "json"))
    var joinPayload: String?

    @Option(name: .customLong("event"), help: ArgumentHelp("Show this event only; may be repeated.", valueName: "name"))
    var events: [String] = []

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("End after so many messages.", valueName: "number"))
    var count: Int?

    @Flag(help: "Let the first failure end it.")
    var once = false

    @Flag(help: "Print JSON on a terminal too.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print messages and failures only.")
    var quiet = false

    func validate() throws {
        try TopicArguments.check(topics)
        if let count, count < 1 { throw ValidationError("Expected --count to be 1 or more, got \(count).") }
    }

    func run() async throws {
        let console = Console(json: json, quiet: quiet)
        let target = try connection.target()
        connection.warn(on: console, about: target)
        var seen: Set<String> = []
        let plan = ListenHandler.Plan(
            passage: try connection.passage(to: target, on: console),
            topics: topics.filter { seen.insert($0).inserted },
            joinPayload: try joinPayload.map { try PayloadArguments.json($0, called: "--join-payload") } ?? [:],
            events: Set(events),
            count: count,
            once: once
        )
        try await Session.run(ListenHandler(plan, on: console), connection, on: console)
    }
}
