private import Synchronization

/// Counts calls from 0, or keeps a number.
final class Counter: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            defer { count += 1 }
            return count
        }
    }

    func set(_ value: Int) { count.withLock { $0 = value } }

    var value: Int { count.withLock { $0 } }
}
