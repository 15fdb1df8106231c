internal import PhoenixKit
private import Synchronization

extension FrameExchange: Inbound {
    func next() async throws -> InboundEvent? {
        try Task.checkCancellation()
        return try await wait()
    }

    /// Waits for an answer.
    ///
    /// The closures name the isolation, without which they would leave it and cost two hops.
    private func wait(isolation: isolated (any Actor)? = #isolation) async throws -> InboundEvent? {
        let call = state.withLock { state in
            state.calls &+= 1
            return state.calls
        }
        return try await withTaskCancellationHandler {
            _ = isolation
            return try await withCheckedThrowingContinuation { continuation in
                wait(Reader(call: call, continuation: continuation))
                if Task.isCancelled { cancel(call: call) }
            }
        } onCancel: {
            cancel(call: call)
        }
    }

    private func wait(_ reader: Reader) {
        let now = clock.now
        let (answer, actions) = state.withLock { state -> (Result<InboundEvent?, any Error>?, Actions) in
            if state.reader != nil { return (.failure(Self.secondReader), Actions()) }
            if let batch = state.batch {
                state.batch = nil
                return (.success(.frames(batch)), Actions())
            }
            if state.isOver { return (.success(nil), Actions()) }
            if let ending = state.ending {
                state.isOver = true
                return (ending.event, Actions())
            }
            state.reader = reader
            var orders: [LongPollOrder] = []
            state.machine.pulled(at: now, into: &orders)
            return (nil, state.apply(orders))
        }
        perform(actions)
        if let answer { reader.continuation.resume(with: answer) }
    }

    private func cancel(call: UInt64) {
        let reader = state.withLock { state -> Reader? in
            guard state.reader?.call == call else { return nil }
            defer { state.reader = nil }
            state.machine.pullCancelled()
            return state.reader
        }
        reader?.continuation.resume(throwing: CancellationError())
    }

    private static let secondReader = PhoenixError(
        .alreadyRunning,
        "Expected one reader at a time, but next() was called while another call of it waits. Share what it returns."
    )
}
