internal import PhoenixKit

extension JSONScanner {
    /// Reads one whole value and the white space before it.
    ///
    /// Of a key written twice the last value counts.
    mutating func value() throws(JSONError) -> Value {
        var open: [Container] = []
        while true {
            skipSpace()
            var complete: Value
            switch next {
            case UInt8(ascii: "{"):
                guard open.count < Self.maximumDepth else { throw failure("at most 512 levels of nesting") }
                if try beginObject() {
                    let text = try key()
                    open.append(Container(isObject: true, key: characters(of: text)))
                    continue
                }
                complete = .object([:])
            case UInt8(ascii: "["):
                guard open.count < Self.maximumDepth else { throw failure("at most 512 levels of nesting") }
                if try beginArray() {
                    open.append(Container(isObject: false))
                    continue
                }
                complete = .array([])
            default:
                complete = try scalar()
            }
            // Hand the value to the container around it, and close those that it completes.
            while let innermost = open.indices.last {
                // In place: a container that was taken out and put back would be copied for each of its values.
                if open[innermost].isObject {
                    open[innermost].members[open[innermost].key] = complete
                    if try continuesObject() {
                        let text = try key()
                        open[innermost].key = characters(of: text)
                        break
                    }
                    complete = .object(open.removeLast().members)
                } else {
                    open[innermost].elements.append(complete)
                    if try continuesArray() { break }
                    complete = .array(open.removeLast().elements)
                }
            }
            if open.isEmpty { return complete }
        }
    }

    /// An array or object whose end has not been read.
    private struct Container {
        let isObject: Bool
        /// The key of the member that comes next.
        var key = ""
        var elements: [Value] = []
        var members: [String: Value] = [:]
    }

    private mutating func scalar() throws(JSONError) -> Value {
        switch next {
        case UInt8(ascii: "\""):
            let text = try string()
            return .string(characters(of: text))
        case UInt8(ascii: "t"):
            try expectLiteral("true")
            return .boolean(true)
        case UInt8(ascii: "f"):
            try expectLiteral("false")
            return .boolean(false)
        case UInt8(ascii: "n"):
            try expectLiteral("null")
            return .null
        default:
            let number = try number()
            switch numeric(of: number) {
            case .signed(let number): return .signed(number)
            case .unsigned(let number): return .unsigned(number)
            case .double(let number): return .double(number)
            }
        }
    }
}
