internal import Phoenix

/// Runs a handler's socket in the foreground, until the handler or the user ends it.
enum Session {
    typealias Client<Handler: SocketHandler> = SocketClient<Handler, AnyTransport, AnySerializer>

    /// Runs `handler`.
    ///
    /// SIGINT and SIGTERM close the connection in good order; a second one ends the process at once.
    ///
    /// - Parameters:
    ///   - handler: decides everything.
    ///   - arguments: what the user says about the connection.
    ///   - console: where frames are shown when the user wants to see them.
    ///   - feed: runs beside the socket, for those who have something to tell it; cancelled at the end.
    /// - Throws: what the handler stopped with.
    static func run<Handler: SocketHandler>(
        _ handler: sending Handler,
        _ arguments: ConnectionArguments,
        on console: Console,
        feed: @escaping @Sendable (Client<Handler>) async -> Void = { _ in }
    ) async throws {
        var configuration = try arguments.configuration(on: console)
        if arguments.wire { configuration.wiretap = ConsoleTap(console: console) }
        let client = SocketClient(
            handler,
            registry: .standard,
            options: try arguments.connectionOptions(),
            configuration: configuration
        )
        let interrupts = Interrupts {
            console.leaveLine()
            client.stop()
        }
        defer { interrupts.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await feed(client) }
            defer { group.cancelAll() }
            try await client.run()
        }
    }
}
