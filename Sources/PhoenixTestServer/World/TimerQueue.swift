internal import PhoenixKit

/// What is to happen when, as a binary heap: earliest first, and in the order of scheduling where times are equal.
struct TimerQueue<Action> {
    private struct Entry {
        var deadline: Timestamp
        var order: UInt64
        var action: Action

        static func precedes(_ left: Entry, _ right: Entry) -> Bool {
            left.deadline != right.deadline ? left.deadline < right.deadline : left.order < right.order
        }
    }

    private var heap: [Entry] = []
    private var scheduled: UInt64 = 0
    /// Actions that are not to happen any more and are in the heap still.
    private var cancelled: Set<UInt64> = []

    var count: Int { heap.count }
    var nextDeadline: Timestamp? { heap.first?.deadline }

    /// Returns the number to cancel it by.
    @discardableResult
    mutating func schedule(_ action: Action, at deadline: Timestamp) -> UInt64 {
        scheduled += 1
        push(Entry(deadline: deadline, order: scheduled, action: action))
        return scheduled
    }

    /// Has an action not happen that has not happened yet.
    mutating func cancel(_ number: UInt64) {
        cancelled.insert(number)
        // Cancelled ones stay until their time comes, but never more than half of all.
        guard cancelled.count > 64, cancelled.count * 2 > heap.count else { return }
        let left = heap.filter { !cancelled.contains($0.order) }
        heap.removeAll(keepingCapacity: true)
        cancelled.removeAll(keepingCapacity: true)
        for entry in left { push(entry) }
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Entry.precedes(heap[child], heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Removes and returns the first action whose time has come.
    mutating func popDue(at now: Timestamp) -> Action? {
        while let entry = popFirst(at: now) {
            if cancelled.remove(entry.order) == nil { return entry.action }
        }
        return nil
    }

    private mutating func popFirst(at now: Timestamp) -> Entry? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && Entry.precedes(heap[child], heap[least]) {
                least = child
            }
            if least == parent { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return first
    }
}
