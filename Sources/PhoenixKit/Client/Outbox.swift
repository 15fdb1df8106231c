internal import Synchronization

/// Frames of one connection on their way from the driver and the heartbeat to the writer, in order.
final class Outbox: Sendable {
    private struct State {
        var frames: [Frame] = []
        var bytes = 0
        var close: (code: UInt16, reason: String)?
    }

    /// What the writer is to do next.
    enum Order {
        case write([Frame])
        case close(code: UInt16, reason: String)
    }

    private let state = Mutex(State())
    private let framesCame = Signal()
    private let metrics: SocketMetrics?

    init(metrics: SocketMetrics?) {
        self.metrics = metrics
    }

    deinit { note(-backlog) }

    /// How many bytes wait for the writer.
    var backlog: Int { state.withLock { $0.bytes } }

    /// Adds frames; after `close` they are dropped, because nothing may follow it.
    func add(_ frames: [Frame]) {
        let bytes = state.withLock { state in
            guard state.close == nil else { return 0 }
            let bytes = frames.reduce(0) { $0 + $1.bytes.count }
            state.frames.append(contentsOf: frames)
            state.bytes += bytes
            return bytes
        }
        note(bytes)
        framesCame.raise()
    }

    /// Asks for the closing handshake, after all that was added before.
    func close(code: UInt16, reason: String) {
        state.withLock { $0.close = $0.close ?? (code, reason) }
        framesCame.raise()
    }

    /// What to do next, as soon as there is something; nil when the task was cancelled.
    func next() async -> Order? {
        while !Task.isCancelled {
            let (order, bytes) = state.withLock { state -> (Order?, Int) in
                guard !state.frames.isEmpty else {
                    return (state.close.map { .close(code: $0.code, reason: $0.reason) }, 0)
                }
                defer { (state.frames, state.bytes) = ([], 0) }
                return (.write(state.frames), state.bytes)
            }
            note(-bytes)
            if let order { return order }
            await framesCame.wait()
        }
        return nil
    }

    private func note(_ change: Int) {
        if change != 0 { metrics?.outbound(changedBy: change) }
    }
}
