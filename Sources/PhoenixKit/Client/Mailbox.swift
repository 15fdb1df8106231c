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
    }

    /// Asynchronous work for the driver's task group.
    typealias Job = @Sendable () async -> Void

    private struct State {
        var commands: [Command] = []
        var jobs: [Job] = []
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
    private let commandsCame = Signal()
    private let jobsCame = Signal()

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
            if state.commands.count >= limit {
                return PhoenixError(
                    .bufferFull,
                    "Expected at most \(limit) messages waiting for the handler, got one more. The handler is too slow."
                )
            }
            state.commands.append(command)
            return nil
        }
        if let refusal { throw refusal }
        commandsCame.raise()
    }

    /// Adds a command that must not get lost: the driver's own results and orders to stop.
    func post(_ command: Command) {
        state.withLock { state in
            if !state.isClosed { state.commands.append(command) }
        }
        commandsCame.raise()
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

    /// All commands that wait, as soon as there is one; nil when the driver has finished or was cancelled.
    func nextCommands() async -> [Command]? {
        while true {
            let (commands, isFinished) = state.withLock { state in
                let commands = state.commands
                state.commands = []
                return (commands, state.isFinished)
            }
            if isFinished || Task.isCancelled { return nil }
            if !commands.isEmpty { return commands }
            await commandsCame.wait()
        }
    }

    func add(_ job: @escaping Job) {
        state.withLock { $0.jobs.append(job) }
        jobsCame.raise()
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
        add { [self] in
            let info = await work()
            state.withLock { $0.works -= 1 }
            post(.info(info))
        }
    }

    /// The next job for the driver's task group; nil when the driver has finished or was cancelled.
    func nextJob() async -> Job? {
        while true {
            let (job, isFinished) = state.withLock { state in
                (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isFinished)
            }
            if isFinished || Task.isCancelled { return nil }
            if let job { return job }
            await jobsCame.wait()
        }
    }

    /// Refuses everything from now on, and settles the calls that wait.
    func close() {
        let calls = state.withLock { state in
            let calls = state.calls
            state.isClosed = true
            state.calls = [:]
            state.commands = []
            return calls
        }
        for continuation in calls.values { continuation.resume(returning: .failure(Self.stopped)) }
    }

    /// Closes, and ends the driver's loops.
    func finish() {
        close()
        state.withLock { state in
            state.isFinished = true
            state.jobs = []
        }
        commandsCame.raise()
        jobsCame.raise()
    }

    private static var stopped: PhoenixError {
        PhoenixError(.stopped, "Expected a running client, got one that has stopped. Make a new one.")
    }
}
