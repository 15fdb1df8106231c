internal import ArgumentParser
internal import Phoenix

struct PushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Joins a topic and pushes one event to it.",
        discussion: """
            Tries once. With --reply the reply is printed, and a status other than ok
            ends it with 3. Without, it ends with 0 once the server has read the push.
            `phx --help` lists all exit statuses.

            EXAMPLES
              URL=ws://localhost:4000/socket/websocket
              phx push $URL room:lobby new_msg '{"body":"hi"}'
              phx push $URL echo:1 hello '{"n":1}' --reply --json | jq .payload
              phx push $URL echo:1 blob --binary AP8= --reply
              jq -n '{body:"hi"}' | phx push $URL room:lobby new_msg -
            """
    )

    @OptionGroup(title: "Connection") var connection: ConnectionArguments

    @Argument(help: "The topic.")
    var topic: String

    @Argument(help: "The event.")
    var event: String

    @Argument(help: ArgumentHelp("The payload; - reads it from standard input. (default: {})", valueName: "json"))
    var payload: String?

    @Option(
        help: ArgumentHelp(
            "Push these bytes instead; - reads them as they are from standard input.",
            valueName: "base64"
        )
    )
    var binary: String?

    @Flag(name: .shortAndLong, help: "Wait for the reply and print it.")
    var reply = false

    @Option(help: ArgumentHelp("What the join carries. (default: {})", valueName: "json"))
    var joinPayload: String?

    @Flag(help: "Print JSON on a terminal too.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print the reply and failures only.")
    var quiet = false

    func validate() throws {
        try TopicArguments.check([topic])
        if payload != nil, binary != nil {
            throw ValidationError("Expected a payload in JSON or --binary, got both. Drop one of them.")
        }
    }

    func run() async throws {
        let console = Console(json: json, quiet: quiet)
        let target = try connection.target()
        connection.warn(on: console, about: target)
        let handler = PushHandler(
            passage: try connection.passage(to: target, on: console),
            topic: topic,
            joinPayload: try joinPayload.map { try PayloadArguments.json($0, called: "--join-payload") } ?? [:],
            event: event,
            payload: try content(),
            awaitsReply: reply,
            console: console
        )
        try await Session.run(handler, connection, on: console)
    }

    private func content() throws -> PayloadContent {
        switch (payload, binary) {
        case (_, "-"): .binary(Bytes(try PayloadArguments.standardInput()))
        case (_, let text?): try PayloadArguments.binary(text, called: "--binary")
        case ("-", nil):
            try PayloadArguments.json(
                String(decoding: PayloadArguments.standardInput(), as: UTF8.self),
                called: "standard input"
            )
        case (let text?, nil): try PayloadArguments.json(text, called: "the payload")
        case (nil, nil): [:]
        }
    }
}
