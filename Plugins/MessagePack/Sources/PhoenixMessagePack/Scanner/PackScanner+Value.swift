internal import PhoenixKit

extension PackScanner {
    /// Reads a value of any kind.
    ///
    /// Nothing is set aside for more elements than there are bytes.
    mutating func value(depth: Int = 0) throws(MessagePackError) -> Value {
        let start = position
        switch try header() {
        case .null: return .null
        case .boolean(let truth): return .boolean(truth)
        case .signed(let number): return .signed(number)
        case .unsigned(let number): return .unsigned(number)
        case .float(let number): return .double(Double(number))
        case .double(let number): return .double(number)
        case .string(let length):
            try skipText(length)
            return .string(characters((position &- length)..<position))
        case .binary(let length): return .bytes(data(length))
        case .ext(let type, let length): return .extension(type: type, data: data(length))
        case .array(let count):
            try descend(from: depth, at: start)
            var elements: [Value] = []
            elements.reserveCapacity(min(count, 1_024))
            for _ in 0..<count { elements.append(try value(depth: depth + 1)) }
            return .array(elements)
        case .map(let count):
            try descend(from: depth, at: start)
            var members: [String: Value] = [:]
            members.reserveCapacity(min(count, 1_024))
            for _ in 0..<count {
                let key = try key()
                members[key] = try value(depth: depth + 1)
            }
            return .object(members)
        }
    }

    /// Reads a key: a string, or an integer, which becomes its decimal digits as in JSON.
    mutating func key() throws(MessagePackError) -> String {
        let start = position
        switch try header() {
        case .string(let length):
            try skipText(length)
            return characters((position &- length)..<position)
        case .signed(let number): return String(number)
        case .unsigned(let number): return String(number)
        default: throw MessagePackError(at: start, expected: "a key that is a string or an integer")
        }
    }

    private mutating func data(_ length: Int) -> Bytes {
        defer { position &+= length }
        return Bytes([UInt8](bytes[position..<(position &+ length)]))
    }
}
