/// A key that is made from an index, or from a name that no type declares.
///
/// Indices become text only when asked for.
enum JSONCodingKey: CodingKey {
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

    /// What `superDecoder()` and `superEncoder()` use in objects.
    static let `super` = JSONCodingKey.name("super")
}
