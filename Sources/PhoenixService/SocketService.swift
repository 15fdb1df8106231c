public import PhoenixKit
public import ServiceLifecycle

/// Runs a socket as a service of swift-service-lifecycle.
///
///     let group = ServiceGroup(services: [SocketService(socket)], gracefulShutdownSignals: [.sigterm], logger: logger)
///     try await group.run()
///
/// A graceful shutdown lets what was pushed come to its end, closes the connection in good order, and then `run` returns. Cancelling the
/// task ends the connection at once.
public struct SocketService: Service {
    /// What comes before anything a shutdown may do.
    private let begin: @Sendable () -> Void
    private let operation: @Sendable () async throws -> Void
    private let shutdown: @Sendable () -> Void

    /// A service that connects `socket`, keeps it connected, and stops it at the end.
    ///
    /// It runs until the shutdown, or until somebody stops the socket. A socket that the server refused for good stays disconnected, and
    /// its service goes on: watch `PhoenixSocket.states` to end it. A socket that has stopped cannot run again.
    ///
    /// - Parameters:
    ///   - socket: what to run.
    ///   - patience: how long pushes that have not ended may take at a graceful shutdown. Those left then end as `disconnected`.
    public init(_ socket: PhoenixSocket, flushingFor patience: Duration = .seconds(5)) {
        begin = { socket.connect() }
        operation = {
            let states = socket.states
            await withTaskCancellationHandler {
                for await state in states where state.kind == .stopped { return }
            } onCancel: {
                socket.stop()
            }
            try Task.checkCancellation()
        }
        shutdown = {
            // Weakly, because what a socket calls must not keep it alive.
            socket.onStateChange { [weak socket] state in
                if state.kind == .disconnected { socket?.stop() }
            }
            socket.disconnect(flushingFor: patience)
        }
    }

    /// A service that runs `client` until its handler stops it, and stops it at a shutdown.
    ///
    /// A client runs once.
    public init<Handler: SocketHandler, T: Transport, S: Serializer>(_ client: SocketClient<Handler, T, S>) {
        begin = {}
        operation = { try await client.run() }
        shutdown = { client.stop() }
    }

    /// Runs until the socket is over.
    ///
    /// - Throws: `CancellationError` when the task was cancelled; for a callback client what its `run` throws.
    public func run() async throws {
        begin()
        try await withGracefulShutdownHandler {
            try await operation()
        } onGracefulShutdown: {
            shutdown()
        }
    }
}
