internal import ArgumentParser
internal import Phoenix

struct JoinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Joins a topic to talk on it: type `event {json}`.",
        discussion: """
            Shows replies with their round trip, messages, and who comes and goes.
            /help lists the commands.

            On a terminal lines can be edited (arrows, Home, End, Ctrl-A E U K W Y)
            and called back (up and down), and what breaks is tried again. Otherwise
            the lines of standard input are pushed in order, and it ends when all of
            them are answered or --timeout has passed: with 65 when one could not be
            read, with 3 when one got an error. `phx --help` lists all exit statuses.

            EXAMPLES
              URL=ws://localhost:4000/socket/websocket
              phx join "$URL?name=ada" room:lobby
              echo 'hello {"n":1}' | phx join $URL echo:1 | jq .payload
            """
    )

    @OptionGroup(title: "Connection") var connection: ConnectionArguments

    @Argument(help: "The topic.")
    var topic: String

    @Option(help: ArgumentHelp("What the join carries. (default: {})", valueName: "json"))
    var joinPayload: String?

    @Flag(help: "Let the first failure end it.")
    var once = false

    @Flag(help: "Print JSON on a terminal too.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print messages, replies and failures only.")
    var quiet = false

    func validate() throws {
        try TopicArguments.check([topic])
    }

    func run() async throws {
        let console = Console(json: json, quiet: quiet)
        let target = try connection.target()
        connection.warn(on: console, about: target)
        let isInteractive = System.isTerminal(0) && System.isTerminal(1) && System.environment("TERM") != "dumb"
        let plan = JoinHandler.Plan(
            passage: try connection.passage(to: target, on: console),
            topic: topic,
            joinPayload: try joinPayload.map { try PayloadArguments.json($0, called: "--join-payload") } ?? [:],
            isInteractive: isInteractive,
            once: once
        )
        if isInteractive, TerminalMode.enterRaw() {
            try await talk(plan, console)
        } else {
            let handler = JoinHandler(plan, on: console) { _ in }
            try await Session.run(handler, connection, on: console) { await Typist.pushLines(to: $0) }
        }
    }

    private func talk(_ plan: JoinHandler.Plan, _ console: Console) async throws {
        let prompt = Prompt(label: topic.printable, style: console.style) { System.columns(of: 1) }
        console.setFooter(prompt)
        let resizing = SignalWatch.windowSize { console.redraw {} }
        defer {
            resizing.cancel()
            console.setFooter(nil)
            TerminalMode.restore()
        }
        let handler = JoinHandler(plan, on: console) { isReady in
            console.redraw { prompt.setReady(isReady) }
        }
        try await Session.run(handler, connection, on: console) { client in
            await Typist.talk(with: client, at: prompt, on: console)
        }
    }
}
