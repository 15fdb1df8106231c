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

    /// How many bytes wait for the writer.
    var backlog: Int { state.withLock { $0.bytes } }

    /// Adds frames; after `close` they are dropped, because nothing may follow it.
    func add(_ frames: [Frame]) {
        state.withLock { state in
            guard state.close == nil else { return }
            state.frames.append(contentsOf: frames)
            state.bytes += frames.reduce(0) { $0 + $1.bytes.count }
        }
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
            let order: Order? = state.withLock { state in
                if !state.frames.isEmpty {
                    let frames = state.frames
                    state.frames = []
                    state.bytes = 0
                    return .write(frames)
                }
                return state.close.map { .close(code: $0.code, reason: $0.reason) }
            }
            if let order { return order }
            await framesCame.wait()
        }
        return nil
    }
}
