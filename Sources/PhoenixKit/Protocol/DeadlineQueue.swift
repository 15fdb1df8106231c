/// Elements waiting for their moment, the earliest first; among equal moments the one added first.
///
/// Nothing is removed from the middle: who no longer wants an element says `forget()` and ignores it when it comes.
/// `compact` throws the forgotten ones away before they outnumber the others, so memory follows what is really waiting.
struct DeadlineQueue<Element> {
    private struct Entry {
        let deadline: Timestamp
        let order: UInt64
        let element: Element

        func comes(before other: Entry) -> Bool {
            (deadline, order) < (other.deadline, other.order)
        }
    }

    /// A binary heap: each entry comes before its children at 2i + 1 and 2i + 2.
    private var heap: [Entry] = []
    private var order: UInt64 = 0
    private var forgotten = 0

    /// How many elements are held, forgotten ones included.
    var count: Int { heap.count }

    /// The earliest deadline.
    var next: Timestamp? { heap.first?.deadline }

    /// The earliest element.
    var first: Element? { heap.first?.element }

    mutating func add(_ element: Element, at deadline: Timestamp) {
        order += 1
        heap.append(Entry(deadline: deadline, order: order, element: element))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].comes(before: heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Removes and returns the earliest element whose deadline has come.
    mutating func popDue(at now: Timestamp) -> Element? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink(from: 0)
        }
        return first.element
    }

    /// Notes that one element is no longer wanted.
    mutating func forget() {
        forgotten += 1
    }

    /// Drops the elements that `isWanted` rejects, when forgotten ones have become the majority.
    mutating func compact(keeping isWanted: (Element) -> Bool) {
        guard forgotten > 64, forgotten > heap.count / 2 else { return }
        heap = heap.filter { isWanted($0.element) }.sorted { $0.comes(before: $1) }
        forgotten = 0
    }

    mutating func removeAll() {
        heap = []
        forgotten = 0
    }

    private mutating func sink(from start: Int) {
        var parent = start
        while true {
            var first = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].comes(before: heap[first]) {
                first = child
            }
            guard first != parent else { return }
            heap.swapAt(parent, first)
            parent = first
        }
    }
}
