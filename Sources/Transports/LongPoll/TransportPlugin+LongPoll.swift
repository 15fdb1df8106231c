public import PhoenixKit

extension TransportPlugin {
    /// The long-poll transport over URLSession, under the name `longpoll`.
    ///
    /// It understands these options as strings: `longpoll.token`, one of `query` (into the query and a header) and `header` (into
    /// the header alone, for Phoenix 1.8.10 and later); `longpoll.poll-deadline`, the seconds a request may take until the
    /// server has shown its window.
    public static let longPoll = TransportPlugin.longPoll()

    /// The long-poll transport over another engine.
    public static func longPoll(engine: any HTTPEngine = URLSessionEngine.shared) -> TransportPlugin {
        TransportPlugin(
            name: "longpoll",
            schemes: .http,
            optionKeys: ["longpoll.token", "longpoll.poll-deadline"]
        ) { request in
            var configuration = LongPollTransport.Configuration()
            switch request.options["longpoll.token"] {
            case nil, "query": break
            case "header": configuration.tokenPlace = .header
            case let text?: throw invalid("longpoll.token", "query or header", text)
            }
            if let text = request.options["longpoll.poll-deadline"] {
                guard let seconds = Int64(text), 1...86_400 ~= seconds else {
                    throw invalid("longpoll.poll-deadline", "a number of seconds from 1 to 86400", text)
                }
                configuration.pollDeadline = .seconds(seconds)
            }
            return LongPollTransport(engine: engine, configuration: configuration)
        }
    }

    private static func invalid(_ option: String, _ expected: String, _ came: String) -> PhoenixError {
        PhoenixError(.invalidOption, "Expected \(expected) in the option \(option), got \(came). Correct it.")
    }
}

extension ConnectionOptions {
    /// The long-poll transport with these settings.
    public static func longPoll(
        _ configuration: LongPollTransport.Configuration = LongPollTransport.Configuration(),
        engine: any HTTPEngine = URLSessionEngine.shared
    ) -> ConnectionOptions {
        ConnectionOptions(transport: .instance(LongPollTransport(engine: engine, configuration: configuration)))
    }
}
