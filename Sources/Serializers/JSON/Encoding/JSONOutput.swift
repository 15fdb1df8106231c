/// The text that one encoding writes, and the places in it that are filled in at the end.
///
/// A type's own value is written in one pass. Only nested containers and super encoders, which a type may fill while it goes
/// on writing to the outer one, get an output of their own.
final class JSONOutput {
    var writer = JSONWriter(capacity: 96)
    private var inserts: [(offset: Int, scope: JSONScope)] = []

    /// A place in the output to go back to.
    struct Mark {
        fileprivate let count: Int
        fileprivate let inserts: Int
    }

    var mark: Mark { Mark(count: writer.count, inserts: inserts.count) }

    /// Forgets what was written after `mark`.
    func rewind(to mark: Mark) {
        writer.truncate(to: mark.count)
        if inserts.count > mark.inserts { inserts.removeSubrange(mark.inserts...) }
    }

    /// Keeps the present place for what `scope` will have written.
    func insert(_ scope: JSONScope) {
        inserts.append((writer.count, scope))
    }

    /// The whole text, every place filled in.
    func finished() throws -> [UInt8] {
        guard !inserts.isEmpty else { return writer.bytes }
        var result: [UInt8] = []
        var copied = 0
        for (offset, scope) in inserts {
            result += writer.bytes[copied..<offset]
            copied = offset
            result += try scope.finished()
        }
        result += writer.bytes[copied...]
        return result
    }
}
