internal import Synchronization

/// A queue with one reader at a time, who waits when it is empty.
final class FrameQueue<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var reader: CheckedContinuation<Element?, Never>?
        var isFinished = false
    }

    private let state = Mutex(State())

    func add(_ element: Element) {
        let reader = state.withLock { state in
            let reader = state.reader
            state.reader = nil
            if reader == nil, !state.isFinished { state.elements.append(element) }
            return reader
        }
        reader?.resume(returning: element)
    }

    /// Nothing more will come; what is there can still be read.
    func finish() {
        let reader = state.withLock { state in
            let reader = state.reader
            state.reader = nil
            state.isFinished = true
            return reader
        }
        reader?.resume(returning: nil)
    }

    /// The next element; nil when the queue is finished and empty, or the task is cancelled.
    func next() async -> Element? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isReady, element): (Bool, Element?) = state.withLock { state in
                    if !state.elements.isEmpty { return (true, state.elements.removeFirst()) }
                    if state.isFinished || Task.isCancelled { return (true, nil) }
                    state.reader = continuation
                    return (false, nil)
                }
                if isReady { continuation.resume(returning: element) }
            }
        } onCancel: {
            let reader = state.withLock { state in
                let reader = state.reader
                state.reader = nil
                return reader
            }
            reader?.resume(returning: nil)
        }
    }
}
