internal import Synchronization

/// A Phoenix socket whose every decision is its handler's, generic over transport and serializer.
///
/// The client is a handle. It owns the running socket: when the last reference to it is gone, the socket closes and everything it
/// held is freed. `run()` runs it in the caller's task, as a service does; `start()` lets it run on its own.
///
///     let client = SocketClient(Lobby(), transport: WebSocketTransport(), serializer: JSONSerializer.v2)
///     try await client.run()
///
/// A `PluginRegistry` resolves transport and serializer from the endpoint; the client is of the same class then, over
/// `AnyTransport` and `AnySerializer`.
public final class SocketClient<Handler: SocketHandler, T: Transport, S: Serializer>: Sendable {
    let mailbox: Mailbox<Handler>
    let clock: any PhoenixClock
    private let driver: Driver<Handler, T, S>

    /// Creates a client of one transport and one serializer.
    ///
    /// It serves endpoints with that transport's suffix; any other is answered with `.endpointMismatch`, reported
    /// by `disconnected`.
    @inlinable
    public convenience init(
        _ handler: sending Handler,
        transport: T,
        serializer: S,
        configuration: SocketConfiguration = SocketConfiguration()
    ) {
        self.init(
            handler,
            transport: transport,
            serializer: serializer,
            configuration: configuration,
            batchLoop: BatchLoop { BatchLoop.run($0, &$1, $2, &$3, &$4) }
        )
    }

    @usableFromInline
    convenience init(
        _ handler: sending Handler,
        transport: T,
        serializer: S,
        configuration: SocketConfiguration,
        batchLoop: BatchLoop<Handler, S>
    ) {
        self.init(handler, configuration: configuration, batchLoop: batchLoop) { target throws(PhoenixError) in
            try Resolution(transport: transport, serializer: serializer, target: target)
        }
    }

    init(
        _ handler: sending Handler,
        configuration: SocketConfiguration,
        batchLoop: BatchLoop<Handler, S>,
        resolve: @escaping Driver<Handler, T, S>.Resolver
    ) {
        clock = configuration.clock
        mailbox = Mailbox(limit: configuration.mailboxLimit)
        driver = Driver(
            handler: handler,
            mailbox: mailbox,
            configuration: configuration,
            resolve: resolve,
            batchLoop: batchLoop
        )
    }

    deinit {
        mailbox.post(.stop(.released))
    }

    /// Runs the socket until its handler stops it, in the caller's task.
    ///
    /// A client runs once. Cancelling the task ends the connection at once and calls `terminate`.
    ///
    /// - Throws: what `start` threw, the error of `.stop(.failure)`, `CancellationError` when the task was cancelled,
    ///   `.alreadyRunning` on a second call.
    public func run() async throws {
        try await driver.run()
    }

    /// Lets the socket run on its own, until its handler stops it, `stop()` is called, or the last reference to the
    /// client is gone.
    ///
    /// What ended it is told to the handler's `terminate`. Does nothing when the client runs or ran already.
    public func start() {
        // The one task without a parent: it lives exactly as long as the handle lets it, and holds the driver, not the handle.
        Task { [driver] in try? await driver.run() }
    }

    /// Stops the socket: the connection is closed in good order, `terminate` is called, and `run()` returns.
    public func stop() {
        mailbox.post(.stop(.normal))
    }

    /// Sends `info` to the handler.
    ///
    /// - Throws: `.stopped`, `.bufferFull`.
    public func send(_ info: Handler.Info) throws(PhoenixError) {
        try mailbox.send(.info(info))
    }

    /// Sends `info` to the handler after `delay`.
    ///
    /// - Throws: `.stopped`, `.bufferFull`.
    public func send(_ info: Handler.Info, after delay: Duration) throws(PhoenixError) {
        try mailbox.send(.delayedInfo(info, clock.now + delay))
    }

    /// Asks the handler and waits for its answer.
    ///
    /// - Parameters:
    ///   - request: what to ask.
    ///   - timeout: how long to wait. An answer that comes later is ignored.
    /// - Returns: the answer.
    /// - Throws: `.timeout`, `.stopped` (with a `CancellationError` as the cause when the task was cancelled), `.bufferFull`.
    public func call(
        _ request: Handler.Request,
        timeout: Duration = .seconds(5)
    ) async throws(PhoenixError) -> Handler.Response {
        let (mailbox, clock) = (mailbox, clock)
        let number = mailbox.nextCallNumber()
        let deadline = clock.now + timeout
        let cancelled = PhoenixError(.stopped, "The task that waited was cancelled.", cause: CancellationError())
        let timer = Mutex<Task<Void, any Error>?>(nil)
        defer { timer.withLock { $0 }?.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Booked before anything that may settle it: the timer, the answer, the cancellation.
                mailbox.book(continuation, number)
                // Ends with the call: it is cancelled as soon as there is an answer.
                let task = Task {
                    try await clock.sleep(until: deadline)
                    mailbox.settle(
                        number,
                        .failure(PhoenixError(.timeout, "Expected an answer within \(timeout), got none."))
                    )
                }
                timer.withLock { $0 = task }
                let caller = Caller<Handler.Response> { mailbox.settle(number, .success($0)) }
                do throws(PhoenixError) {
                    try mailbox.send(.request(request, caller))
                } catch {
                    mailbox.settle(number, .failure(error))
                }
                if Task.isCancelled { mailbox.settle(number, .failure(cancelled)) }
            }
        } onCancel: {
            mailbox.settle(number, .failure(cancelled))
        }
        return try result.get()
    }
}

extension Resolution {
    /// The one pair of a concrete client, for a target that is meant for it.
    init(transport: T, serializer: S, target: ConnectionTarget) throws(PhoenixError) {
        let capabilities = transport.capabilities
        guard target.endpoint.lastPathComponent == capabilities.name else {
            throw PhoenixError(
                .endpointMismatch,
                "Expected an endpoint that ends in /\(capabilities.name), got \(target.endpoint.redacted). "
                    + "Append the suffix, or make the client from a PluginRegistry, which chooses the transport."
            )
        }
        guard let endpoint = target.endpoint.translated(to: capabilities.schemes) else {
            throw PhoenixError(
                .endpointMismatch,
                "Expected a URL in \(capabilities.schemes.plain) or \(capabilities.schemes.secure), "
                    + "got the scheme \(target.endpoint.scheme)."
            )
        }
        self.init(
            transport: transport,
            serializer: serializer,
            url: try endpoint.completed(with: target.parameters, version: serializer.version)
        )
    }
}
