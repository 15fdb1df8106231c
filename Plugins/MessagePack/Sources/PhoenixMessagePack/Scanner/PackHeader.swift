/// How a value begins: a scalar whole, or the kind and the size of what follows.
enum PackHeader {
    case null
    case boolean(Bool)
    case signed(Int64)
    /// Above `Int64.max`.
    case unsigned(UInt64)
    case float(Float)
    case double(Double)
    /// A string of so many bytes, which are there.
    case string(Int)
    /// Binary data of so many bytes, which are there.
    case binary(Int)
    /// An array of so many elements, for which there is at least a byte each.
    case array(Int)
    /// A map of so many pairs, for which there are at least two bytes each.
    case map(Int)
    /// An extension of so many bytes, which are there.
    case ext(Int8, Int)

    init(_ number: UInt64) {
        self = Int64(exactly: number).map { .signed($0) } ?? .unsigned(number)
    }

    /// What kind of value it is, for errors.
    var kind: String {
        switch self {
        case .null: "nil"
        case .boolean: "a boolean"
        case .signed, .unsigned: "an integer"
        case .float, .double: "a float"
        case .string: "a string"
        case .binary: "binary data"
        case .array: "an array"
        case .map: "a map"
        case .ext: "an extension"
        }
    }
}
