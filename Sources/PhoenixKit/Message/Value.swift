/// A dynamic value: what JSON, MessagePack and their like can say between them.
///
/// Literals make values, so `["body": "hi", "count": 2]` is one. Formats refuse what they cannot say: JSON has no
/// bytes, no extensions and no NaN.
public enum Value: Sendable, Hashable {
    /// Null.
    case null
    /// A boolean.
    case boolean(Bool)
    /// A whole number within `Int64`.
    case signed(Int64)
    /// A whole number above `Int64.max`; smaller ones are `signed`.
    case unsigned(UInt64)
    /// A number that is not whole, or beyond 64 bits.
    case double(Double)
    /// A string.
    case string(String)
    /// Binary data.
    case bytes(Bytes)
    /// An array.
    case array([Value])
    /// An object; encoded in the order of its keys, so that equal objects give equal bytes.
    case object([String: Value])
    /// An extension of MessagePack: its type and its data.
    case `extension`(type: Int8, data: Bytes)

    /// The member `key`, or nil when there is none or this is no object.
    public subscript(key: String) -> Value? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    /// The element at `index`, or nil when there is none or this is no array.
    public subscript(index: Int) -> Value? {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
    }

    /// The whole number this is, or nil.
    ///
    /// A double counts when it is whole and within `Int64`.
    public var integer: Int64? {
        switch self {
        case .signed(let number): number
        case .unsigned(let number): Int64(exactly: number)
        case .double(let number): Int64(exactly: number)
        default: nil
        }
    }

    /// The number this is, rounded to a double where it must be; nil when this is no number.
    public var number: Double? {
        switch self {
        case .signed(let number): Double(number)
        case .unsigned(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    /// The string this is, or nil.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The boolean this is, or nil.
    public var boolean: Bool? {
        if case .boolean(let truth) = self { truth } else { nil }
    }

    /// The elements of the array this is, or nil.
    public var array: [Value]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members of the object this is, or nil.
    public var object: [String: Value]? {
        if case .object(let members) = self { members } else { nil }
    }
}

extension Value: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(integerLiteral value: Int64) { self = .signed(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: Value...) { self = .array(elements) }

    /// Of a key written twice the last value counts.
    public init(dictionaryLiteral elements: (String, Value)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
}

extension Value {
    /// A boolean.
    public init(_ value: Bool) { self = .boolean(value) }
    /// A string.
    public init(_ value: String) { self = .string(value) }
    /// A number.
    public init(_ value: Double) { self = .double(value) }
    /// An array.
    public init(_ value: [Value]) { self = .array(value) }
    /// An object.
    public init(_ value: [String: Value]) { self = .object(value) }

    /// The whole number `value`.
    public init(_ value: some BinaryInteger) {
        if let signed = Int64(exactly: value) {
            self = .signed(signed)
        } else if let unsigned = UInt64(exactly: value) {
            self = .unsigned(unsigned)
        } else {
            self = .double(Double(value))
        }
    }
}
