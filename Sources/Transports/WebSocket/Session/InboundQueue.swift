internal import PhoenixKit
private import Synchronization

/// What a connection received and nobody has pulled yet: the receiving half of a connection.
///
/// The event loop puts batches in and stops reading when two are waiting; pulling one lets it read on.
final class InboundQueue: Inbound {
    /// How a connection ends for its reader.
    enum Ending {
        case closed(ConnectionClose)
        case failed(PhoenixError)
    }

    private struct State {
        var batches: [InboundBatch] = []
        var ending: Ending?
        /// Whether `ending` has been handed over, so that nothing more comes.
        var isOver = false
        var waiter: Waiter?
        /// How often `next` was called, so that a late cancellation does not hit a later call.
        var calls: UInt64 = 0
        /// Whether the event loop has stopped reading and wants to be told when there is room.
        var isStalled = false
        /// Makes the event loop read on.
        var readOn: (@Sendable () -> Void)?
        /// Called before `ending` is handed over.
        var willEnd: (@Sendable () -> Void)?
    }

    /// A call of `next` that waits.
    private struct Waiter {
        let call: UInt64
        let continuation: CheckedContinuation<InboundEvent?, any Error>
    }

    private static let capacity = 2

    private let state = Mutex(State())

    // MARK: The event loop's side

    /// Sets what makes the event loop read on.
    func attach(readOn: @escaping @Sendable () -> Void) {
        state.withLock { $0.readOn = readOn }
    }

    /// Adds a batch, or hands it to the task that waits for one.
    func append(_ batch: InboundBatch) {
        let waiter = state.withLock { state -> Waiter? in
            guard state.ending == nil else { return nil }
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            state.batches.append(batch)
            return nil
        }
        waiter?.continuation.resume(returning: .frames(batch))
    }

    /// Whether there is room for another batch.
    ///
    /// After a no, `readOn` is called as soon as there is.
    func hasRoom() -> Bool {
        state.withLock { state in
            state.isStalled = state.batches.count >= Self.capacity
            return !state.isStalled
        }
    }

    /// Puts the end behind all batches.
    ///
    /// Of several ends the first counts. When the reader comes to it, `willEnd` is called first.
    func finish(_ ending: Ending, willEnd: (@Sendable () -> Void)? = nil) {
        let waiter = state.withLock { state -> Waiter? in
            guard state.ending == nil else { return nil }
            state.ending = ending
            guard let waiter = state.waiter else {
                state.willEnd = willEnd
                return nil
            }
            state.waiter = nil
            state.isOver = true
            return waiter
        }
        guard let waiter else { return }
        willEnd?()
        waiter.continuation.resume(with: Self.result(of: ending))
    }

    /// Lets go of the event loop and of what nobody pulled.
    func detach() {
        state.withLock {
            $0.readOn = nil
            $0.willEnd = nil
            $0.isStalled = false
        }
    }

    // MARK: The reader's side

    func next() async throws -> InboundEvent? {
        try Task.checkCancellation()
        if let event = try takeNow() { return event.value }
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
                wait(continuation, call: call)
                if Task.isCancelled { cancel(call: call) }
            }
        } onCancel: {
            cancel(call: call)
        }
    }

    /// What `next` answers; wrapped because nil, too, is an answer.
    private struct Answer { var value: InboundEvent? }

    /// The answer that can be given without waiting, or nil when there is none.
    private func takeNow() throws -> Answer? {
        let (answer, tell) = state.withLock { Self.take(&$0) }
        tell?()
        return try answer.map { Answer(value: try $0.get()) }
    }

    /// Takes what comes next out of `state`, and says whom to tell, before it is handed over, that there is room again or
    /// that this is the end.
    private static func take(
        _ state: inout State
    ) -> (Result<InboundEvent?, any Error>?, (@Sendable () -> Void)?) {
        guard state.waiter == nil else { return (.failure(secondReader), nil) }
        if !state.batches.isEmpty {
            let batch = state.batches.removeFirst()
            defer { state.isStalled = false }
            return (.success(.frames(batch)), state.isStalled ? state.readOn : nil)
        }
        if state.isOver { return (.success(nil), nil) }
        guard let ending = state.ending else { return (nil, nil) }
        state.isOver = true
        defer { state.willEnd = nil }
        return (result(of: ending), state.willEnd)
    }

    private func wait(_ continuation: CheckedContinuation<InboundEvent?, any Error>, call: UInt64) {
        let (answer, tell) = state.withLock { state -> (Result<InboundEvent?, any Error>?, (@Sendable () -> Void)?) in
            let (answer, tell) = Self.take(&state)
            if answer == nil {
                state.waiter = Waiter(call: call, continuation: continuation)
            }
            return (answer, tell)
        }
        tell?()
        if let answer { continuation.resume(with: answer) }
    }

    private func cancel(call: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard state.waiter?.call == call else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.continuation.resume(throwing: CancellationError())
    }

    private static func result(of ending: Ending) -> Result<InboundEvent?, any Error> {
        switch ending {
        case .closed(let close): .success(.closed(close))
        case .failed(let error): .failure(error)
        }
    }

    private static let secondReader = PhoenixError(
        .alreadyRunning,
        "Expected one reader at a time, but next() was called while another call of it waits. Share what it returns."
    )
}
