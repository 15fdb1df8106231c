internal import PhoenixKit
private import Synchronization

extension FrameExchange: Outbound {
    func write(_ frames: [Frame]) async throws {
        var messages: [OutgoingMessage] = []
        messages.reserveCapacity(frames.count)
        for frame in frames {
            messages.append(try OutgoingMessage(frame, isLineBatchable: isLineBatchable, limits: limits))
        }
        try Task.checkCancellation()
        let now = clock.now
        let (isAccepted, isFull, actions) = state.withLock { [messages] state in
            var orders: [LongPollOrder] = []
            let isOpen = state.machine.isOpen
            state.machine.written(messages, at: now, into: &orders)
            return (isOpen, !state.machine.hasRoom, state.apply(orders))
        }
        guard isAccepted else { throw Self.disconnected }
        perform(actions)
        if isFull { try await waitForRoom() }
    }

    func close(code: UInt16, reason: String) async {
        change { machine, now, orders in machine.closed(code: code, reason: reason, at: now, into: &orders) }
    }

    /// Waits until enough has been acknowledged, at most for the write deadline.
    private func waitForRoom() async throws {
        let wait = state.withLock { state in
            state.waits &+= 1
            return state.waits
        }
        let deadline = Deadline("writing", within: writeLimit, clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await deadline.clock.sleep(until: deadline.end) } catch { return }
                self.change { machine, _, orders in machine.writeExpired(deadline.error, into: &orders) }
            }
            defer { group.cancelAll() }
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    let answer = state.withLock { state -> Result<Void, any Error>? in
                        if let ending = state.ending { return .failure(ending.failure) }
                        if state.machine.hasRoom { return .success(()) }
                        state.writers[wait] = continuation
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
        state.withLock { $0.writers.removeValue(forKey: wait) }?.resume(throwing: CancellationError())
    }

    static let disconnected = PhoenixError(
        .disconnected,
        "Expected an open connection to write to, but it is closing or gone; nothing was sent."
    )
}
