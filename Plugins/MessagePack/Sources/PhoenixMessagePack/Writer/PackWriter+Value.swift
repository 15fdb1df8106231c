internal import PhoenixKit

extension PackWriter {
    /// Writes a dynamic value, maps in the order of their keys.
    mutating func write(_ value: Value, depth: Int, path: @autoclosure () -> [any CodingKey]) throws {
        switch value {
        case .null: writeNil()
        case .boolean(let truth): write(truth)
        case .signed(let number): write(number)
        case .unsigned(let number): write(number)
        case .double(let number): write(number)
        case .string(let text): try write(string: text)
        case .bytes(let data): try write(data: data)
        case .extension(let type, let data): try write(type: type, data: data)
        case .array(let elements):
            try descend(from: depth, value, path())
            try writeArrayHeader(elements.count)
            for element in elements { try write(element, depth: depth + 1, path: path()) }
        case .object(let members):
            try descend(from: depth, value, path())
            try writeMapHeader(members.count)
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                try write(string: key)
                try write(member, depth: depth + 1, path: path())
            }
        }
    }

    /// Refuses an array or a map that would lie too deep.
    func descend(from depth: Int, _ value: Any, _ path: @autoclosure () -> [any CodingKey]) throws {
        guard depth < limits.depth else {
            throw Self.invalid(value, path(), "MessagePack is written with at most \(limits.depth) levels of nesting.")
        }
    }
}
