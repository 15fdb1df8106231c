/// The keys that lead to a value, the last one first.
///
/// Shared between siblings; an array is made only for an error.
final class PackPath {
    private let parent: PackPath?
    private let key: any CodingKey

    init(_ parent: PackPath?, _ key: any CodingKey) {
        self.parent = parent
        self.key = key
    }

    /// The keys from the outermost to the innermost.
    static func keys(_ path: PackPath?, _ last: (any CodingKey)? = nil) -> [any CodingKey] {
        var keys: [any CodingKey] = last.map { [$0] } ?? []
        var path = path
        while let step = path {
            keys.append(step.key)
            path = step.parent
        }
        return keys.reversed()
    }
}

/// A key that is made from an index, or from a name that no type declares.
enum PackKey: CodingKey {
    case index(Int)
    case name(String)

    init(stringValue: String) { self = .name(stringValue) }
    init(intValue: Int) { self = .index(intValue) }

    var stringValue: String {
        switch self {
        case .index(let index): "Index \(index)"
        case .name(let name): name
        }
    }

    var intValue: Int? {
        if case .index(let index) = self { index } else { nil }
    }

    /// What `superDecoder()` and `superEncoder()` use in maps.
    static let `super` = PackKey.name("super")
}
