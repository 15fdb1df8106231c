internal import PhoenixKit

/// One open connection, seen from the task that owns it: makes the requests that its queues ask for.
struct Session: Sendable {
    private let http: any HTTPSession
    private let exchange: FrameExchange
    private let details: ConnectionDetails
    private let clock: any PhoenixClock
    private let executor: LongPollTransport.Configuration.Executor

    /// Runs `body` with the connection and ends it, whatever becomes of `body`.
    ///
    /// The closures below name `isolation`, where `body` is to run; without that they would leave it.
    func run<Result: Sendable>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        let connection = Connection(inbound: exchange, outbound: exchange, details: details)
        // No child of a task group, whose body would leave the isolation of the caller. It ends here all the same: there is no
        // way past the cancellation and the wait below.
        let work = Task(executorPreference: http.executor) { await perform() }
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(
                try await withTaskCancellationHandler {
                    _ = isolation
                    guard executor == .connection else { return try await body(connection) }
                    return try await withTaskExecutorPreference(http.executor) {
                        _ = isolation
                        // What does not leave the isolation goes on where it is until it has waited for something.
                        await Task.yield()
                        return try await body(connection)
                    }
                } onCancel: {
                    exchange.abandon()
                }
            )
        } catch {
            result = .failure(error)
        }
        await withTaskCancellationHandler {
            await exchange.close(code: 1000, reason: "")
            await exchange.waitForEnd()
        } onCancel: {
            exchange.abandon()
        }
        work.cancel()
        await work.value
        http.close()
        return try result.get()
    }

    /// Does what the machine orders, until cancelled.
    ///
    /// One task sends all polls and one all POSTs, so that no request needs tasks of its own.
    private func perform() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await poll in exchange.polls {
                    exchange.pollEnded(poll.number, await ExchangeOutcome(of: poll.request, on: http))
                }
            }
            group.addTask {
                for await post in exchange.posts {
                    exchange.postEnded(post.number, await ExchangeOutcome(of: post.request, on: http))
                }
            }
            for await order in exchange.orders {
                switch order {
                case .watch(let deadline):
                    group.addTask {
                        do { try await clock.sleep(until: deadline) } catch { return }
                        exchange.alarmRang(at: deadline)
                    }
                case .giveUp(let actions):
                    group.cancelAll()
                    exchange.perform(actions)
                case .watchClosing(let deadline):
                    group.addTask {
                        do { try await clock.sleep(until: deadline) } catch { return }
                        exchange.closingExpired()
                    }
                }
            }
            group.cancelAll()
        }
    }

}

extension Session {
    /// Opens a session on the server: everything that can be refused is refused first.
    static func open(
        _ request: ConnectionRequest,
        engine: any HTTPEngine,
        configuration: LongPollTransport.Configuration
    ) async throws -> Session {
        let requests = try RequestFactory(request, tokenPlace: configuration.tokenPlace)
        try Task.checkCancellation()
        let clock = request.clock
        let deadlines = request.deadlines
        let limit = deadlines.connect + (request.url.isSecure ? deadlines.tls : .zero) + deadlines.upgrade
        let deadline = Deadline("opening a long-poll session", within: limit, clock: clock)

        let http = try await deadline.race {
            try await open(request, engine: engine)
        } discard: { session in
            session.close()
        }
        do {
            let outcome = await ExchangeOutcome(
                of: requests.opening(within: limit),
                on: http,
                until: deadline.end,
                clock: clock
            )
            let opening: Opening
            switch outcome {
            case .answered(let response):
                if response.status == 407, let proxy = try request.proxy.proxy(for: request.url) {
                    throw Opening.refusal(by: proxy, response, limits: request.limits)
                }
                opening = try Opening(response, limits: request.limits)
            case .failed(let error): throw error
            case .expired: throw deadline.error
            case .cancelled: throw CancellationError()
            }
            let machine = LongPollMachine(
                requests,
                token: opening.token,
                pollDeadline: configuration.pollDeadline,
                closeLimit: deadlines.close,
                limits: request.limits
            )
            return Session(
                http: http,
                exchange: FrameExchange(machine, request),
                details: ConnectionDetails(headers: opening.headers),
                clock: clock,
                executor: configuration.executor
            )
        } catch {
            http.close()
            throw error
        }
    }

    private static func open(_ request: ConnectionRequest, engine: any HTTPEngine) async throws -> any HTTPSession {
        do {
            return try await engine.open(
                HTTPSessionRequest(
                    url: request.url,
                    connectTimeout: request.deadlines.connect,
                    proxy: request.proxy,
                    clock: request.clock,
                    logger: request.logger
                )
            )
        } catch let error as PhoenixError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw PhoenixError(.unreachable, "The engine \(engine.name) made no session: \(error).", cause: error)
        }
    }
}
