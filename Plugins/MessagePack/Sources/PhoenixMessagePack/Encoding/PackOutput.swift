internal import PhoenixKit

/// The bytes that one encoding writes, and the places in them that are filled in at the end.
///
/// A type's own value is written in one pass. Only nested containers and super encoders, which a type may fill while it goes
/// on writing to the outer one, get an output of their own.
final class PackOutput {
    var writer: PackWriter
    private var inserts: [(offset: Int, scope: PackScope)] = []

    init(_ limits: MessagePackLimits) { writer = PackWriter(limits) }

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

    /// Leaves room for the header of an array or a map.
    func reserveHeader() -> Mark {
        defer { writer.reserveHeader() }
        return mark
    }

    /// Fills in the header for which room was left at `mark`.
    func fillHeader(at mark: Mark, isMap: Bool, count: Int) throws {
        let shift = try writer.fillHeader(at: mark.count, isMap: isMap, count: count)
        guard shift > 0 else { return }
        for index in mark.inserts..<max(inserts.count, mark.inserts) { inserts[index].offset += shift }
    }

    /// Keeps the present place for what `scope` will have written.
    func insert(_ scope: PackScope) {
        inserts.append((writer.count, scope))
    }

    /// The whole, every place filled in.
    func finished() throws -> PackWriter {
        guard !inserts.isEmpty else { return writer }
        var result = PackWriter(writer.limits, capacity: writer.count)
        var copied = 0
        for (offset, scope) in inserts {
            result.append(Array(writer.bytes[copied..<offset]))
            copied = offset
            result.append(try scope.finished().bytes)
        }
        result.append(Array(writer.bytes[copied...]))
        return result
    }
}
