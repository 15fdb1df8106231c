internal import Synchronization

/// Frames of one connection on their way from the driver and the heartbeat to the transport, in order.
///
/// A transport that takes frames at once gets them in the task that adds them; a writer's task is there only while that
/// transport has no room, and to close. For other transports the writer waits here for as long as the connection lasts.
final class Outbox: Sendable {
    private struct State {
        var frames: [Frame] = []
        var bytes = 0
        var close: (code: UInt16, reason: String)?
        /// Whether somebody is passing on what is here, and will look for more.
        var isPassing = false
        var writer: Task<Void, Never>?
        var failure: PhoenixError?
        var isOver = false
    }

    /// What is to be done next.
    enum Order {
        case write([Frame])
        case close(code: UInt16, reason: String)
    }

    /// What the writer begins with.
    private enum Beginning {
        case orders
        /// The transport took the last frames, but has no room for more.
        case waiting
        case order(Order)
        case failure(any Error)
    }

    private let state = Mutex(State())
    private let framesCame = Signal()
    private let metrics: SocketMetrics?
    private let outbound: (any Outbound)?
    private let immediate: (any ImmediateOutbound)?
    private let writerFailed: @Sendable (PhoenixError) async -> Void

    /// An outbox for `outbound`; where that is nil somebody else calls `next`.
    ///
    /// When `outbound` throws, `writerFailed` is called; it is cancelled when the connection ends.
    init(
        metrics: SocketMetrics?,
        outbound: (any Outbound)? = nil,
        writerFailed: @escaping @Sendable (PhoenixError) async -> Void = { _ in }
    ) {
        self.metrics = metrics
        self.outbound = outbound
        self.writerFailed = writerFailed
        immediate = outbound as? any ImmediateOutbound
        if outbound != nil, immediate == nil { startWriter(.orders) }
    }

    deinit { note(-backlog) }

    /// How many bytes wait for the writer.
    var backlog: Int { state.withLock { $0.bytes } }

    /// Why the transport takes nothing any more.
    var failure: PhoenixError? { state.withLock { $0.failure } }

    /// Adds frames; after `close` they are dropped, because nothing may follow it.
    func add(_ frames: [Frame]) {
        let (bytes, isTurn) = state.withLock { state in
            guard state.close == nil, !state.isOver else { return (0, false) }
            if immediate != nil, !state.isPassing {
                state.isPassing = true
                return (0, true)
            }
            let bytes = frames.reduce(0) { $0 + $1.bytes.count }
            if state.frames.isEmpty { state.frames = frames } else { state.frames += frames }
            state.bytes += bytes
            return (bytes, false)
        }
        if isTurn { return passOn(.write(frames)) }
        note(bytes)
        framesCame.raise()
    }

    /// Asks for the closing handshake, after all that was added before.
    func close(code: UInt16, reason: String) {
        let isTurn = state.withLock { state in
            guard state.close == nil else { return false }
            state.close = (code, reason)
            guard immediate != nil, !state.isPassing else { return false }
            state.isPassing = true
            return true
        }
        if isTurn { return passOn(.close(code: code, reason: reason)) }
        framesCame.raise()
    }

    /// What to do next, as soon as there is something; nil when the task was cancelled.
    func next() async -> Order? {
        while !Task.isCancelled {
            if let order = take() { return order }
            await framesCame.wait()
        }
        return nil
    }

    /// The connection is over: what waits is dropped, and nothing is left running.
    func end() async {
        let writer = state.withLock { state in
            state.isOver = true
            return state.writer
        }
        writer?.cancel()
        await writer?.value
    }

    /// What comes next; nil when there is nothing.
    private func take() -> Order? {
        let (order, bytes) = state.withLock { state -> (Order?, Int) in
            guard !state.frames.isEmpty else {
                let order = state.close.map { Order.close(code: $0.code, reason: $0.reason) }
                if order == nil { (state.isPassing, state.writer) = (false, immediate == nil ? state.writer : nil) }
                return (order, 0)
            }
            defer { (state.frames, state.bytes) = ([], 0) }
            return (.write(state.frames), state.bytes)
        }
        note(-bytes)
        return order
    }

    /// Hands `order` and all that comes meanwhile to a transport that takes it at once.
    private func passOn(_ order: Order) {
        var next: Order? = order
        while let order = next {
            guard let immediate, case .write(let frames) = order else { return startWriter(.order(order)) }
            metrics?.sent(frames)
            do {
                guard try immediate.offer(frames) else { return startWriter(.waiting) }
            } catch {
                return startWriter(.failure(error))
            }
            next = take()
        }
    }

    // MARK: The writer

    private func startWriter(_ beginning: Beginning) {
        state.withLock { state in
            guard !state.isOver else { return }
            // Not a child of the connection's task, which reads. It ends here all the same: see `end`.
            state.writer = Task { await runWriter(beginning) }
        }
    }

    private func runWriter(_ beginning: Beginning) async {
        do {
            try await write(beginning)
        } catch is CancellationError {
            return
        } catch {
            let error = PhoenixError(transport: error)
            state.withLock { $0.failure = error }
            await writerFailed(error)
        }
    }

    private func write(_ beginning: Beginning) async throws {
        guard let outbound else { return }
        var first: Order?
        switch beginning {
        case .orders: break
        case .waiting: try await outbound.write([])
        case .order(let order): first = order
        case .failure(let error): throw error
        }
        while true {
            if first == nil { first = immediate == nil ? await next() : take() }
            switch first {
            case nil: return
            case .close(let code, let reason): return await outbound.close(code: code, reason: reason)
            case .write(let frames):
                metrics?.sent(frames)
                try await outbound.write(frames)
            }
            first = nil
        }
    }

    private func note(_ change: Int) {
        if change != 0 { metrics?.outbound(changedBy: change) }
    }
}
