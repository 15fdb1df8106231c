internal import Synchronization

/// What reaches the driver from outside: the one thing that the handle and the driver share.
///
/// The handle owns it, the driver reads it; closing it ends the driver.
final class Mailbox<Handler: SocketHandler>: Sendable {
    enum Command: Sendable {
        case info(Handler.Info)
        case delayedInfo(Handler.Info, Timestamp)
        case request(Handler.Request, Caller<Handler.Response>)
        case stop(StopReason)
        /// A connection counts as lost, whatever its reader still waits for.
        case connectionFailed(UInt64, PhoenixError)
    }

    /// What waits for the driver.
    struct Round {
        var commands: [Command] = []
        var jobs: [Job] = []
        /// Whether a deadline came.
        var isTimeUp = false

        var isEmpty: Bool { commands.isEmpty && jobs.isEmpty && !isTimeUp }
    }

    /// Asynchronous work for the driver's task group.
    typealias Job = @Sendable () async -> Void

    private struct State {
        var round = Round()
        /// How many jobs of the handler's own wait or run.
        var works = 0
        var calls: [UInt64: CheckedContinuation<Result<Handler.Response, PhoenixError>, Never>] = [:]
        var lastCall: UInt64 = 0
        /// Nothing more is taken in.
        var isClosed = false
        /// Nothing more is given out.
        var isFinished = false
    }

    private let limit: Int
    private let state = Mutex(State())
    private let somethingCame = Signal()

    init(limit: Int) {
        self.limit = limit
    }

    // MARK: From outside

    /// Adds a command from outside.
    ///
    /// - Throws: `.stopped`, `.bufferFull`.
    func send(_ command: Command) throws(PhoenixError) {
        let refusal: PhoenixError? = state.withLock { state in
            if state.isClosed { return Self.stopped }
            if state.round.commands.count >= limit {
                return PhoenixError(
                    .bufferFull,
                    "Expected at most \(limit) messages waiting for the handler, got one more. The handler is too slow."
                )
            }
            state.round.commands.append(command)
            return nil
        }
        if let refusal { throw refusal }
        somethingCame.raise()
    }

    /// Adds a command that must not get lost: the driver's own results and orders to stop.
    func post(_ command: Command) {
        state.withLock { state in
            if !state.isClosed { state.round.commands.append(command) }
        }
        somethingCame.raise()
    }

    /// Books a call and returns its number, by which it is settled once.
    func book(_ continuation: CheckedContinuation<Result<Handler.Response, PhoenixError>, Never>, _ number: UInt64) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.calls[number] = continuation }
            return state.isClosed
        }
        if isClosed { continuation.resume(returning: .failure(Self.stopped)) }
    }

    func nextCallNumber() -> UInt64 {
        state.withLock { state in
            state.lastCall += 1
            return state.lastCall
        }
    }

    /// Settles a call; false when nobody waits for it any more, because only the first settlement counts.
    @discardableResult
    func settle(_ number: UInt64, _ result: Result<Handler.Response, PhoenixError>) -> Bool {
        let continuation = state.withLock { $0.calls.removeValue(forKey: number) }
        continuation?.resume(returning: result)
        return continuation != nil
    }

    // MARK: For the driver

    /// All that waits, as soon as there is something; nil when the driver has finished or was cancelled.
    func next() async -> Round? {
        while true {
            let (round, isFinished) = state.withLock { state in
                let round = state.round
                state.round = Round()
                return (round, state.isFinished)
            }
            if isFinished || Task.isCancelled { return nil }
            if !round.isEmpty { return round }
            await somethingCame.wait()
        }
    }

    /// A deadline of the driver's came.
    func timeIsUp() {
        state.withLock { $0.round.isTimeUp = true }
        somethingCame.raise()
    }

    /// Adds work of the handler's own, whose result comes back as an info.
    ///
    /// - Throws: `.bufferFull`.
    func perform(_ work: @escaping @Sendable () async -> Handler.Info) throws(PhoenixError) {
        let isTaken = state.withLock { state in
            guard state.works < limit else { return false }
            state.works += 1
            return true
        }
        guard isTaken else {
            throw PhoenixError(.bufferFull, "Expected at most \(limit) pieces of work at a time, got one more.")
        }
        let job: Job = { [self] in
            let info = await work()
            state.withLock { $0.works -= 1 }
            post(.info(info))
        }
        state.withLock { $0.round.jobs.append(job) }
        somethingCame.raise()
    }

    /// Refuses everything from now on, and settles the calls that wait.
    func close() {
        let calls = state.withLock { state in
            let calls = state.calls
            state.isClosed = true
            state.calls = [:]
            state.round.commands = []
            return calls
        }
        for continuation in calls.values { continuation.resume(returning: .failure(Self.stopped)) }
    }

    /// Closes, and ends the driver's loop.
    func finish() {
        close()
        state.withLock { state in
            state.isFinished = true
            state.round = Round()
        }
        somethingCame.raise()
    }

    private static var stopped: PhoenixError {
        PhoenixError(.stopped, "Expected a running client, got one that has stopped. Make a new one.")
    }
}
