internal import Synchronization

/// What lies between the driver, which adds, and one subscriber, which takes: bounded, with a count of what was dropped.
@usableFromInline
final class EventQueue<Element: Sendable>: Sendable {
    fileprivate struct State {
        var elements: [Element] = []
        /// Where the elements that are still wanted begin.
        var first = 0
        var dropped = 0
        var isFinished = false
        /// Set while something is on its way to take the elements.
        var isScheduled = false
        /// Set while somebody is to be woken.
        var isWakeDue = false
        var waiters: [(number: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
        var last: UInt64 = 0
        var cancelled: Set<UInt64> = []

        var count: Int { elements.count - first }

        mutating func take() -> [Element] {
            defer { (elements, first) = ([], 0) }
            return first == 0 ? elements : Array(elements[first...])
        }
    }

    private let buffer: EventBuffer
    private let metrics: SocketMetrics?
    private let state = Mutex<State>(State())

    /// A queue that counts what it drops, also with `metrics`.
    init(_ buffer: EventBuffer, metrics: SocketMetrics? = nil) {
        self.buffer = buffer
        self.metrics = metrics
    }

    /// How many elements were dropped because the buffer was full.
    var dropped: Int { state.withLock { $0.dropped } }

    /// Adds an element, and wakes who waits.
    func add(_ element: Element) {
        let (waiter, isLoss) = state.withLock { state -> (CheckedContinuation<Void, Never>?, Bool) in
            let isLoss = state.add(element, buffer)
            return (state.waiters.isEmpty ? nil : state.waiters.removeFirst().continuation, isLoss)
        }
        if isLoss { metrics?.lost(.full) }
        waiter?.resume()
    }

    /// Adds an element; true when somebody waits, who is to be woken by `wake`.
    func addForWaking(_ element: Element) -> Bool {
        let (isAwaited, isLoss) = state.withLock { state in
            let isLoss = state.add(element, buffer)
            guard !state.waiters.isEmpty, !state.isWakeDue else { return (false, isLoss) }
            state.isWakeDue = true
            return (true, isLoss)
        }
        if isLoss { metrics?.lost(.full) }
        return isAwaited
    }

    /// Wakes who waits.
    func wake() {
        let waiters = state.withLock { state in
            defer { (state.waiters, state.isWakeDue) = ([], false) }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume() }
    }

    /// Adds an element; true when nothing is on its way to take it, so that the caller must send something.
    func addForScheduling(_ element: Element) -> Bool {
        let (isFirst, isLoss) = state.withLock { state in
            let isLoss = state.add(element, buffer)
            defer { state.isScheduled = true }
            return (!state.isScheduled, isLoss)
        }
        if isLoss { metrics?.lost(.full) }
        return isFirst
    }

    /// All elements that wait; when there are none, the next one added has something sent for it again.
    func takeScheduled() -> [Element] {
        state.withLock { state in
            if state.count == 0 { state.isScheduled = false }
            return state.take()
        }
    }

    /// Nothing more will come: who waits gets what is left, then nil.
    func finish() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            state.isFinished = true
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume() }
    }

    /// All elements that wait, as soon as there are any; empty at the end, and when the task is cancelled.
    @usableFromInline
    func takeAll() async -> [Element] {
        while true {
            let (elements, isOver) = state.withLock { state in (state.take(), state.isFinished) }
            if !elements.isEmpty || isOver || Task.isCancelled { return elements }
            await wait()
        }
    }

    private func wait() async {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let passes = state.withLock { state in
                    if state.count > 0 || state.isFinished || state.cancelled.contains(number) { return true }
                    state.waiters.append((number, continuation))
                    return false
                }
                if passes { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
                guard let index = state.waiters.firstIndex(where: { $0.number == number }) else {
                    state.cancelled.insert(number)
                    return nil
                }
                return state.waiters.remove(at: index).continuation
            }
            waiter?.resume()
        }
        _ = state.withLock { $0.cancelled.remove(number) }
    }
}

extension EventQueue.State {
    /// Adds an element; true when one was dropped.
    fileprivate mutating func add(_ element: Element, _ buffer: EventBuffer) -> Bool {
        guard !isFinished else { return false }
        let limit = max(buffer.limit, 1)
        let isFull = count >= limit
        if isFull {
            dropped += 1
            if buffer.policy == .dropNewest { return true }
            first += 1
            // The dropped ones are swept out before they outnumber the others.
            if first >= limit {
                elements.removeSubrange(..<first)
                first = 0
            }
        }
        elements.append(element)
        return isFull
    }
}
