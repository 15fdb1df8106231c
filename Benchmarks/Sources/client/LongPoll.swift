#if Network
internal import PhoenixAsyncHTTPClient
internal import PhoenixLongPoll

extension Plan {
    /// Runs the case over long polling, with the engine called `engine`.
    func run(port: Int, engine: String) async throws {
        let engines: [String: any HTTPEngine] = [
            "urlsession": URLSessionEngine.shared, "asynchttp": AsyncHTTPClientEngine(),
        ]
        guard let engine = engines[engine] else {
            throw Misuse(text: "Expected the engine urlsession or asynchttp, got \(engine).")
        }
        let configuration = LongPollTransport.Configuration(executor: isOnLoop ? .connection : .caller)
        let transport = LongPollTransport(engine: engine, configuration: configuration)
        try await run(transport, "http://127.0.0.1:\(port)/socket/longpoll")
    }
}
#endif
