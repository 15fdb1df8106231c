/// Reads JSON by the letter of RFC 8259 from bytes, one token or one whole value at a time.
///
/// The scanner holds a pointer and lives only inside `withUnsafeBytes`. It never reads outside the bytes, never recurses,
/// and visits each byte a constant number of times.
struct JSONScanner {
    /// How deep arrays and objects may nest.
    static let maximumDepth = 512

    let bytes: UnsafeRawBufferPointer
    /// The offset of the next byte to read.
    var position: Int
    /// Whether a line break was met between tokens.
    private(set) var hasLineBreaks = false

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// The next byte, or 0, which no JSON token starts with, when there is none.
    @inline(__always) var next: UInt8 {
        position < bytes.count ? bytes[position] : 0
    }

    func failure(_ expected: String) -> JSONError {
        JSONError(at: position, expected: expected)
    }

    /// Moves past white space: space, tab, line feed and carriage return.
    @inline(__always)
    mutating func skipSpace() {
        guard position < bytes.count, bytes[position] <= UInt8(ascii: " ") else { return }
        skipSpaces()
    }

    @inline(never)
    private mutating func skipSpaces() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"):
                position += 1
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                hasLineBreaks = true
                position += 1
            default: return
            }
        }
    }

    /// Moves past white space up to the end of the text.
    mutating func expectEnd() throws(JSONError) {
        skipSpace()
        guard position == bytes.count else { throw failure("the end of the text") }
    }

    /// Moves past `byte`.
    @inline(__always)
    mutating func expect(_ byte: UInt8, _ name: @autoclosure () -> String) throws(JSONError) {
        guard position < bytes.count, bytes[position] == byte else { throw failure(name()) }
        position += 1
    }

    /// Moves past one whole value and the white space before it.
    ///
    /// - Parameters:
    ///   - depth: how many arrays and objects the value stands in.
    ///   - spans: takes note of where nested arrays and objects end.
    /// - Returns: the greatest depth that was met.
    /// - Throws: `JSONError`, also for more than 512 levels.
    @discardableResult
    mutating func skipValue(depth: Int = 0, recording spans: JSONSpans? = nil) throws(JSONError) -> Int {
        var nesting = JSONNesting(outer: depth)
        while true {
            skipSpace()
            switch next {
            case UInt8(ascii: "\""):
                _ = try string()
            case UInt8(ascii: "{"):
                guard nesting.enter(isObject: true) else { throw failure("at most 512 levels of nesting") }
                spans?.open(at: position)
                if try beginObject() {
                    _ = try key()
                    continue
                }
                nesting.leave()
                spans?.close(at: position)
            case UInt8(ascii: "["):
                guard nesting.enter(isObject: false) else { throw failure("at most 512 levels of nesting") }
                spans?.open(at: position)
                if try beginArray() { continue }
                nesting.leave()
                spans?.close(at: position)
            default:
                try skipScalar()
            }
            var isComplete = true
            while nesting.depth > depth {
                if nesting.isObject {
                    if try continuesObject() {
                        _ = try key()
                        isComplete = false
                        break
                    }
                } else if try continuesArray() {
                    isComplete = false
                    break
                }
                nesting.leave()
                spans?.close(at: position)
            }
            if isComplete { return nesting.greatestDepth }
        }
    }

    /// Moves past the value of a member of the outermost object.
    @inline(__always)
    mutating func skipMember() throws(JSONError) {
        switch next {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"), UInt8(ascii: "["): try skipValue(depth: 1)
        default: try skipScalar()
        }
    }

    /// Moves past a payload: in short where it is an object whose members are not nested.
    @inline(__always)
    mutating func skipPayload() throws(JSONError) {
        guard next == UInt8(ascii: "{") else {
            try skipValue()
            return
        }
        var hasMore = try beginObject()
        while hasMore {
            _ = try key()
            try skipMember()
            hasMore = try continuesObject()
        }
    }

    /// Moves past a number, `true`, `false` or `null`.
    @inline(__always)
    mutating func skipScalar() throws(JSONError) {
        if skipShortInteger() { return }
        switch next {
        case UInt8(ascii: "t"): try expectLiteral("true")
        case UInt8(ascii: "f"): try expectLiteral("false")
        case UInt8(ascii: "n"): try expectLiteral("null")
        default: _ = try number()
        }
    }

    /// Moves past a whole number of less than 20 digits, the usual kind; stays where it is, and answers false, at all else.
    @inline(__always)
    private mutating func skipShortInteger() -> Bool {
        guard next &- UInt8(ascii: "1") < 9 else { return false }
        var end = position + 1
        while end < bytes.count, bytes[end] &- UInt8(ascii: "0") < 10 { end += 1 }
        guard end < bytes.count, end - position < 20 else { return false }
        switch bytes[end] {
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"):
            position = end
            return true
        default: return false
        }
    }

    /// Moves past `literal`.
    mutating func expectLiteral(_ literal: StaticString) throws(JSONError) {
        let count = literal.utf8CodeUnitCount
        guard bytes.count - position >= count else { throw failure("true, false or null") }
        for offset in 0..<count where bytes[position + offset] != literal.utf8Start[offset] {
            throw failure("true, false or null")
        }
        position += count
    }

    // MARK: Arrays and objects

    /// Moves past `[` and the white space after it; past `]` too, and answers false, when the array is empty.
    @inline(__always)
    mutating func beginArray() throws(JSONError) -> Bool {
        try expect(UInt8(ascii: "["), "an array")
        skipSpace()
        guard next == UInt8(ascii: "]") else { return true }
        position += 1
        return false
    }

    /// Moves past what follows an element: a comma, or `]`, and answers false.
    @inline(__always)
    mutating func continuesArray() throws(JSONError) -> Bool {
        skipSpace()
        switch next {
        case UInt8(ascii: ","):
            position += 1
            skipSpace()
            return true
        case UInt8(ascii: "]"):
            position += 1
            return false
        default:
            throw failure("a comma or ]")
        }
    }

    /// Moves past `{` and the white space after it; past `}` too, and answers false, when the object is empty.
    @inline(__always)
    mutating func beginObject() throws(JSONError) -> Bool {
        try expect(UInt8(ascii: "{"), "an object")
        skipSpace()
        guard next == UInt8(ascii: "}") else { return true }
        position += 1
        return false
    }

    /// Moves past a member's key, its colon and the white space around it.
    @inline(__always)
    mutating func key() throws(JSONError) -> JSONText {
        let key = try string()
        skipSpace()
        try expect(UInt8(ascii: ":"), "a colon")
        skipSpace()
        return key
    }

    /// Moves past what follows a member: a comma, or `}`, and answers false.
    @inline(__always)
    mutating func continuesObject() throws(JSONError) -> Bool {
        skipSpace()
        switch next {
        case UInt8(ascii: ","):
            position += 1
            skipSpace()
            return true
        case UInt8(ascii: "}"):
            position += 1
            return false
        default:
            throw failure("a comma or }")
        }
    }
}
