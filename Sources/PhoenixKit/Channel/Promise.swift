internal import Synchronization

/// A value that comes once, and those who wait for it.
///
/// The first settlement counts. Nobody is resumed or called under the lock, and a waiter whose task is cancelled goes at once, so that no
/// wait outlives what it waits for (hazard B9).
final class Promise<Value: Sendable>: Sendable {
    fileprivate enum State {
        case pending(waiters: [UInt64: CheckedContinuation<Value?, Never>], observers: [@Sendable (Value) -> Void])
        case settled(Value)
    }

    fileprivate struct Book {
        var state = State.pending(waiters: [:], observers: [])
        var last: UInt64 = 0
        var cancelled: Set<UInt64> = []
    }

    private let book = Mutex<Book>(Book())

    /// The value, when it has come.
    var settled: Value? {
        book.withLock { book in
            if case .settled(let value) = book.state { value } else { nil }
        }
    }

    /// Gives the value; false when there was one already.
    @discardableResult
    func settle(_ value: Value) -> Bool {
        let (isFirst, waiters, observers) = book.withLock { book in
            guard case .pending(let waiters, let observers) = book.state else {
                return (false, [UInt64: CheckedContinuation<Value?, Never>](), [@Sendable (Value) -> Void]())
            }
            book.state = .settled(value)
            return (true, waiters, observers)
        }
        for waiter in waiters.values { waiter.resume(returning: value) }
        for observer in observers { observer(value) }
        return isFirst
    }

    /// Calls `observer` with the value: when it comes, in the task that settles, or at once.
    func observe(_ observer: @escaping @Sendable (Value) -> Void) {
        let value: Value? = book.withLock { book in
            switch book.state {
            case .settled(let value): return value
            case .pending(let waiters, let observers):
                book.state = .pending(waiters: waiters, observers: observers + [observer])
                return nil
            }
        }
        if let value { observer(value) }
    }

    /// Waits for the value; nil when the task was cancelled before it came.
    func value() async -> Value? {
        let number = book.withLock { book in
            book.last += 1
            return book.last
        }
        let value = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (passes, value) = book.withLock { book -> (Bool, Value?) in
                    if case .settled(let value) = book.state { return (true, value) }
                    if book.cancelled.contains(number) { return (true, nil) }
                    book.add(continuation, number)
                    return (false, nil)
                }
                if passes { continuation.resume(returning: value) }
            }
        } onCancel: {
            let waiter = book.withLock { $0.remove(number) }
            waiter?.resume(returning: nil)
        }
        _ = book.withLock { $0.cancelled.remove(number) }
        return value
    }
}

extension Promise.Book {
    fileprivate mutating func add(_ waiter: CheckedContinuation<Value?, Never>, _ number: UInt64) {
        guard case .pending(var waiters, let observers) = state else { return }
        waiters[number] = waiter
        state = .pending(waiters: waiters, observers: observers)
    }

    /// Takes out the waiter `number`, or notes that it need not begin.
    fileprivate mutating func remove(_ number: UInt64) -> CheckedContinuation<Value?, Never>? {
        guard case .pending(var waiters, let observers) = state else { return nil }
        guard let waiter = waiters.removeValue(forKey: number) else {
            cancelled.insert(number)
            return nil
        }
        state = .pending(waiters: waiters, observers: observers)
        return waiter
    }
}
