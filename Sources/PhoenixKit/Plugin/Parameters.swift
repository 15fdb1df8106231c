/// The parameters of a socket: what the server's `connect/3` gets.
///
/// They go into the query of the URL.
///
/// Values nest as in phoenix.js: `["user": ["id": 7]]` becomes `user[id]=7`, arrays become `list[]=…`, null an empty
/// value. Parameters keep the order of their names.
public struct Parameters: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// The names and values, names decoded and flattened.
    public private(set) var items: [QueryItem]

    /// Parameters that are flat already, in this order.
    public init(_ items: [QueryItem] = []) {
        self.items = items
    }

    public init(dictionaryLiteral elements: (String, Value)...) {
        items = []
        for (name, value) in elements { append(value, as: name) }
    }

    /// Adds a parameter.
    public mutating func append(_ value: Value, as name: String) {
        switch value {
        case .null: items.append(QueryItem(name, ""))
        case .boolean(let truth): items.append(QueryItem(name, String(truth)))
        case .signed(let number): items.append(QueryItem(name, String(number)))
        case .unsigned(let number): items.append(QueryItem(name, String(number)))
        case .double(let number): items.append(QueryItem(name, String(number)))
        case .string(let text): items.append(QueryItem(name, text))
        case .bytes(let bytes), .extension(_, let bytes): items.append(QueryItem(name, bytes.text))
        case .array(let elements):
            for element in elements { append(element, as: name + "[]") }
        case .object(let members):
            for key in members.keys.sorted() { append(members[key] ?? .null, as: "\(name)[\(key)]") }
        }
    }
}

extension Parameters: CustomStringConvertible {
    /// The names alone: values may be secrets.
    public var description: String { items.map(\.name).joined(separator: ", ") }
}
