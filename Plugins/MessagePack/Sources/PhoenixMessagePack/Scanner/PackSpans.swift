/// Where the arrays and maps of a deeply nested input end, so that moving past them again costs nothing.
final class PackSpans {
    private var ends: [Int: Int] = [:]

    func record(_ start: Int, endsAt end: Int) { ends[start] = end }
    func end(ofValueAt start: Int) -> Int? { ends[start] }
}
