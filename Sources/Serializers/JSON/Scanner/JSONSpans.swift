/// Where the arrays and objects of a text end, in the order in which they begin.
///
/// Only deeply nested texts are given one: it lets a decoder move past a nested value without reading it again at every
/// level, so that the cost stays linear.
final class JSONSpans {
    private var starts: [Int] = []
    private var ends: [Int] = []
    private var open: [Int] = []

    func open(at offset: Int) {
        open.append(starts.count)
        starts.append(offset)
        ends.append(offset)
    }

    func close(at offset: Int) {
        guard let index = open.popLast() else { return }
        ends[index] = offset
    }

    /// The offset behind the array or object that begins at `offset`, or nil when none does.
    func end(ofValueAt offset: Int) -> Int? {
        var lower = 0
        var upper = starts.count
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if starts[middle] < offset { lower = middle + 1 } else { upper = middle }
        }
        return lower < starts.count && starts[lower] == offset ? ends[lower] : nil
    }
}
