internal import Phoenix

/// What a line typed into `phx join` asks for.
enum JoinLine: Sendable {
    case nothing
    case push(event: String, PayloadContent)
    case help, presence, leave, join, quit

    static let helpText = """
        event {json}          push an event; without a payload it is {}
        /binary event base64  push bytes
        /presence             show who is here
        /leave, /join         leave the channel, join it again
        /quit                 end (also Ctrl-D)
        """

    /// Reads a line.
    ///
    /// - Throws: `Failure` with `.badData` or `.usage`, which says what was expected.
    init(_ text: String) throws {
        let (word, rest) = Self.split(text[...])
        guard !word.isEmpty else {
            self = .nothing
            return
        }
        guard word.hasPrefix("/") else {
            guard !word.hasPrefix("{"), !word.hasPrefix("[") else {
                throw Failure(
                    .badData,
                    "Expected an event before the payload, such as: new_msg \(word.shortened(to: 40))"
                )
            }
            self = .push(
                event: word,
                rest.isEmpty ? [:] : try PayloadArguments.json(rest, called: "the payload", advice: "")
            )
            return
        }
        switch word {
        case "/help", "/?": self = .help
        case "/presence": self = .presence
        case "/leave": self = .leave
        case "/join": self = .join
        case "/quit", "/exit": self = .quit
        case "/binary":
            let (event, base64) = Self.split(rest[...])
            guard !event.isEmpty, !base64.isEmpty else {
                throw Failure(.usage, "Expected /binary event base64, such as: /binary upload AP8=")
            }
            self = .push(event: event, try PayloadArguments.binary(base64, called: "the data"))
        default:
            throw Failure(.usage, "Expected one of the commands that /help lists, got \(word.printable).")
        }
    }

    /// The first word, and what follows it, both without white space around them.
    private static func split(_ text: Substring) -> (String, String) {
        let start = text.drop { $0.isWhitespace }
        let word = start.prefix { !$0.isWhitespace }
        let rest = start.dropFirst(word.count).drop { $0.isWhitespace }
        let end = rest.reversed().prefix { $0.isWhitespace }.count
        return (String(word), String(rest.dropLast(end)))
    }
}
