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
                    open.append(.object([:], key: characters(of: text)))
                    continue
                }
                complete = .object([:])
            case UInt8(ascii: "["):
                guard open.count < Self.maximumDepth else { throw failure("at most 512 levels of nesting") }
                if try beginArray() {
                    open.append(.array([]))
                    continue
                }
                complete = .array([])
            default:
                complete = try scalar()
            }
            // Hand the value to the container around it, and close those that it completes.
            var isOutermost = true
            while let container = open.popLast() {
                switch container {
                case .array(var elements):
                    elements.append(complete)
                    if try continuesArray() {
                        open.append(.array(elements))
                        isOutermost = false
                    } else {
                        complete = .array(elements)
                    }
                case .object(var members, let key):
                    members[key] = complete
                    if try continuesObject() {
                        let text = try self.key()
                        open.append(.object(members, key: characters(of: text)))
                        isOutermost = false
                    } else {
                        complete = .object(members)
                    }
                }
                if !isOutermost { break }
            }
            if isOutermost { return complete }
        }
    }

    private enum Container {
        case array([Value])
        case object([String: Value], key: String)
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
