internal import PhoenixKit
private import Synchronization

/// What is on its way to the socket: the sending half of a connection.
///
/// A write with room neither suspends nor changes threads: it leaves its frames here, and the event loop takes all that
/// is here in one go. Counted is what has not yet reached the kernel.
final class OutboundQueue: ImmediateOutbound {
    private struct State {
        /// Frames the event loop has not taken yet.
        var frames: [Frame] = []
        /// Whether the event loop has been told that there are frames.
        var isAnnounced = false
        /// The bytes accepted and not yet in the kernel.
        var outstanding = 0
        /// Why nothing can be written any more.
        var end: PhoenixError?
        /// What a write that was accepted is told when the connection is gone before there is room again.
        var failure: PhoenixError?
        var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var waits: UInt64 = 0
        var orders: Orders?
    }

    /// What the queue tells the event loop.
    struct Orders: Sendable {
        /// Take the frames and send them.
        var flush: @Sendable () -> Void
        /// Send a close frame after them.
        var close: @Sendable (CloseFrame) -> Void
        /// Give up the connection.
        var fail: @Sendable (PhoenixError) -> Void
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let messageLimit: Int
    private let deadline: Duration
    private let clock: any PhoenixClock

    init(limits: ConnectionLimits, deadline: Duration, clock: any PhoenixClock) {
        capacity = max(0, limits.writeBuffer)
        // A buffer of NIO ends at 4 GB.
        messageLimit = min(max(0, limits.message), 1 << 30)
        self.deadline = deadline
        self.clock = clock
    }

    // MARK: The writer's side

    func write(_ frames: [Frame]) async throws {
        try Task.checkCancellation()
        if try !offer(frames) { try await waitForRoom() }
    }

    func offer(_ frames: [Frame]) throws -> Bool {
        var count = 0
        for frame in frames {
            guard frame.bytes.count <= messageLimit else {
                throw PhoenixError(
                    .limitExceeded,
                    "Expected messages of at most \(messageLimit) bytes, got one of \(frame.bytes.count); nothing was sent."
                )
            }
            count += frame.bytes.count + FrameWriter.overhead
        }
        let (flush, hasRoom) = try state.withLock { state throws -> ((@Sendable () -> Void)?, Bool) in
            if let end = state.end { throw end }
            guard !frames.isEmpty else { return (nil, state.outstanding <= capacity) }
            if state.frames.isEmpty { state.frames = frames } else { state.frames += frames }
            state.outstanding += count
            defer { state.isAnnounced = true }
            return (state.isAnnounced ? nil : state.orders?.flush, state.outstanding <= capacity)
        }
        flush?()
        return hasRoom
    }

    func close(code: UInt16, reason: String) async {
        let close = state.withLock { state -> (@Sendable (CloseFrame) -> Void)? in
            guard state.end == nil else { return nil }
            state.end = Self.disconnected
            return state.orders?.close
        }
        close?(CloseFrame(fittingCode: code, reason: reason))
    }

    /// Waits until enough has reached the kernel, at most for the write deadline.
    private func waitForRoom() async throws {
        let wait = state.withLock { state in
            state.waits &+= 1
            return state.waits
        }
        let deadline = Deadline("writing", within: deadline, clock: clock)
        try await deadline.race {
            self.state.withLock { $0.orders?.fail }?(deadline.error)
        } _: {
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    let answer = state.withLock { state -> Result<Void, any Error>? in
                        if state.outstanding <= capacity { return .success(()) }
                        if let failure = state.failure { return .failure(failure) }
                        state.waiters[wait] = continuation
                        return nil
                    }
                    if let answer { continuation.resume(with: answer) }
                    if Task.isCancelled { cancel(wait: wait) }
                }
            } onCancel: {
                cancel(wait: wait)
            }
        }
    }

    private func cancel(wait: UInt64) {
        state.withLock { $0.waiters.removeValue(forKey: wait) }?.resume(throwing: CancellationError())
    }

    // MARK: The event loop's side

    /// Sets what reaches the event loop.
    func attach(_ orders: Orders) {
        state.withLock { $0.orders = orders }
    }

    /// Takes the frames that wait to be sent.
    func take() -> [Frame] {
        state.withLock { state in
            state.isAnnounced = false
            defer { state.frames = [] }
            return state.frames
        }
    }

    /// Notes that frames of `count` bytes, as `write` counts them, have reached the kernel.
    func written(_ count: Int) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, any Error>] in
            state.outstanding -= count
            guard state.outstanding <= capacity, !state.waiters.isEmpty else { return [] }
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Refuses further writes.
    ///
    /// Those that wait for room go on waiting.
    func refuse() {
        state.withLock { $0.end = $0.end ?? Self.disconnected }
    }

    /// Ends all writing: the connection is gone.
    func detach(_ error: PhoenixError?) {
        let (waiters, failure) = state.withLock { state in
            let failure = state.failure ?? error ?? Self.disconnected
            state.failure = failure
            state.end = state.end ?? Self.disconnected
            state.orders = nil
            state.frames = []
            defer { state.waiters = [:] }
            return (Array(state.waiters.values), failure)
        }
        for waiter in waiters { waiter.resume(throwing: failure) }
    }

    private static let disconnected = PhoenixError(
        .disconnected,
        "Expected an open connection to write to, but it is closing or gone; nothing was sent."
    )
}
