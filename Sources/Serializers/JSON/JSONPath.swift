/// The keys that lead to a value, the last one first.
///
/// Shared between siblings; an array is made only for an error.
final class JSONPath {
    private let parent: JSONPath?
    private let key: any CodingKey

    init(_ parent: JSONPath?, _ key: any CodingKey) {
        self.parent = parent
        self.key = key
    }

    /// The keys from the outermost to the innermost.
    static func keys(_ path: JSONPath?, _ last: (any CodingKey)? = nil) -> [any CodingKey] {
        var keys: [any CodingKey] = last.map { [$0] } ?? []
        var path = path
        while let step = path {
            keys.append(step.key)
            path = step.parent
        }
        return keys.reversed()
    }
}
