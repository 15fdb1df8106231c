internal import PhoenixKit
internal import Synchronization

/// A bounded queue whose takers may be choosy, as a process is with its mailbox in Elixir, and wait no longer than they say.
///
/// Every wait is settled once: by an element, its timeout, its task's cancellation, or the end of the line. At the bound the
/// oldest element goes.
final class WaitingLine<Element: Sendable>: Sendable {
    typealias Condition = @Sendable (Element) -> Bool
    private typealias Answer = Result<Element, PhoenixError>

    private struct Waiter {
        let matches: Condition
        let continuation: CheckedContinuation<Answer, Never>
        var timer: Task<Void, Never>?

        func settle(_ answer: Answer) {
            timer?.cancel()
            continuation.resume(returning: answer)
        }
    }

    private struct State {
        var elements: [Element] = []
        var dropped = 0
        /// The oldest has the smallest number.
        var waiters: [UInt64: Waiter] = [:]
        var lastNumber: UInt64 = 0
        var isFinished = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = max(limit, 1)
    }

    /// How many elements went because nobody took them in time.
    var dropped: Int { state.withLock { $0.dropped } }

    /// How many wait.
    var waiterCount: Int { state.withLock { $0.waiters.count } }

    /// Hands `element` to the taker that waits longest of those it suits, or keeps it.
    func add(_ element: Element) {
        let taker: Waiter? = state.withLock { state in
            if state.isFinished { return nil }
            let suited = state.waiters.filter { $0.value.matches(element) }.keys.min()
            if let suited { return state.waiters.removeValue(forKey: suited) }
            state.elements.append(element)
            if state.elements.count > limit {
                state.elements.removeFirst()
                state.dropped += 1
            }
            return nil
        }
        taker?.settle(.success(element))
    }

    /// Nothing more will come.
    ///
    /// What is there can still be taken; all other waits end with `.stopped`.
    func finish() {
        let waiters = state.withLock { state in
            let waiters = state.waiters
            state.isFinished = true
            state.waiters = [:]
            return waiters
        }
        for waiter in waiters.values { waiter.settle(.failure(Self.stopped)) }
    }

    /// Takes the first element that `matches`, of those that are there or those to come.
    ///
    /// - Throws: `.timeout`; `.stopped` at the end of the line, and with a `CancellationError` as the cause when the task
    ///   was cancelled.
    func next(
        within timeout: Duration,
        on clock: any PhoenixClock,
        where matches: @escaping Condition = { _ in true }
    ) async throws(PhoenixError) -> Element {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        let deadline = clock.now + timeout
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait(number, Waiter(matches: matches, continuation: continuation)) {
                    try await clock.sleep(until: deadline)
                    return PhoenixError(.timeout, "Expected something within \(timeout), got nothing that fits.")
                }
            }
        } onCancel: {
            settle(number, Self.cancelled)
        }
        return try answer.get()
    }

    private func wait(
        _ number: UInt64,
        _ waiter: Waiter,
        until deadline: @escaping @Sendable () async throws -> PhoenixError
    ) {
        let answer: Answer? = state.withLock { state in
            if let index = state.elements.firstIndex(where: waiter.matches) {
                return .success(state.elements.remove(at: index))
            }
            if state.isFinished { return .failure(Self.stopped) }
            // A cancellation that came before this line found nobody to settle.
            if Task.isCancelled { return .failure(Self.cancelled) }
            state.waiters[number] = waiter
            return nil
        }
        if let answer { return waiter.settle(answer) }
        // Only now, so that it finds the waiter however short the timeout is. It ends with the wait.
        let timer = Task {
            if let error = try? await deadline() { settle(number, error) }
        }
        let isWaiting = state.withLock { state in
            state.waiters[number]?.timer = timer
            return state.waiters[number] != nil
        }
        if !isWaiting { timer.cancel() }
    }

    private func settle(_ number: UInt64, _ error: PhoenixError) {
        state.withLock { $0.waiters.removeValue(forKey: number) }?.settle(.failure(error))
    }

    private static var stopped: PhoenixError {
        PhoenixError(.stopped, "Expected more to come, but it has stopped.")
    }

    private static var cancelled: PhoenixError {
        PhoenixError(.stopped, "The task that waited was cancelled.", cause: CancellationError())
    }
}
