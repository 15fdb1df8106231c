internal import PhoenixKit

extension JSONWriter {
    /// Writes a dynamic value, objects in the order of their keys.
    ///
    /// - Throws: `EncodingError.invalidValue` for what JSON cannot say: bytes, extensions, infinite numbers and NaN, more
    ///   than 512 levels.
    mutating func write(_ value: Value, depth: Int = 0, path: @autoclosure () -> [any CodingKey] = []) throws {
        func refuse(_ what: String) -> EncodingError {
            .invalidValue(
                value,
                EncodingError.Context(codingPath: path(), debugDescription: "JSON has no representation of \(what).")
            )
        }
        switch value {
        case .null: write("null")
        case .boolean(let truth): write(truth)
        case .signed(let number): write(number)
        case .unsigned(let number): write(number)
        case .double(let number):
            guard write(number) else { throw refuse("infinite numbers and NaN") }
        case .string(let text): write(string: text)
        case .bytes: throw refuse("bytes; send them as a binary payload")
        case .extension: throw refuse("extensions")
        case .array(let elements):
            guard depth < JSONScanner.maximumDepth else { throw refuse("more than 512 levels of nesting") }
            write(UInt8(ascii: "["))
            var isFirst = true
            for element in elements {
                if !isFirst { write(UInt8(ascii: ",")) }
                isFirst = false
                try write(element, depth: depth + 1, path: path())
            }
            write(UInt8(ascii: "]"))
        case .object(let members):
            guard depth < JSONScanner.maximumDepth else { throw refuse("more than 512 levels of nesting") }
            write(UInt8(ascii: "{"))
            var isFirst = true
            for (key, member) in members.count < 2 ? Array(members) : members.sorted(by: { $0.key < $1.key }) {
                if !isFirst { write(UInt8(ascii: ",")) }
                isFirst = false
                write(string: key)
                write(UInt8(ascii: ":"))
                try write(member, depth: depth + 1, path: path())
            }
            write(UInt8(ascii: "}"))
        }
    }
}
