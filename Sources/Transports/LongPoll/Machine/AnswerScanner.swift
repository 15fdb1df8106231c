/// Reads the JSON of an answer (RFC 8259) where it lies, strictly, and keeps nothing but positions.
///
/// Its cost is linear in the size of the answer, whatever is in it, and it does not recurse.
struct AnswerScanner: ~Copyable {
    /// Where a string's contents stand, without the quotes.
    struct Span: Sendable {
        var range: Range<Int>
        var hasEscapes: Bool
    }

    /// What an answer consists of.
    struct Parts: Sendable {
        var status: Int
        var token: Span?
        var messages: [Span]
    }

    /// What should have been where.
    struct Failure: Error {
        var expected: String
        var offset: Int
    }

    /// How deeply members that nobody asked for may be nested.
    private static let depthLimit = 64

    private let source: UnsafeRawBufferPointer
    private var index = 0

    init(_ source: UnsafeRawBufferPointer) {
        self.source = source
    }

    /// Reads the whole answer.
    ///
    /// Of a member given twice the last counts.
    mutating func scan() throws(Failure) -> Parts {
        var status: Int?
        var token: Span?
        var messages: [Span] = []
        try expect(UInt8(ascii: "{"), "an object")
        skipSpace()
        if peek() == UInt8(ascii: "}") {
            index += 1
        } else {
            repeat {
                skipSpace()
                let key = try string()
                try expect(UInt8(ascii: ":"), "a colon")
                skipSpace()
                if matches(key, "status") {
                    status = try integer()
                } else if matches(key, "token") {
                    token = try stringOrNull()
                } else if matches(key, "messages") {
                    messages = try strings()
                } else {
                    try skipValue()
                }
            } while try separator(before: UInt8(ascii: "}"))
        }
        skipSpace()
        guard index == source.count else { throw failure("the end") }
        guard let status else { throw failure("a status") }
        return Parts(status: status, token: token, messages: messages)
    }

    // MARK: Values

    /// A whole number of at most nine digits.
    private mutating func integer() throws(Failure) -> Int {
        let start = index
        var number = 0
        while let byte = peek(), UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte, index - start < 9 {
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
            index += 1
        }
        guard index > start, source[start] != UInt8(ascii: "0") || index == start + 1 else {
            throw failure("a whole number")
        }
        return number
    }

    private mutating func stringOrNull() throws(Failure) -> Span? {
        guard peek() == UInt8(ascii: "n") else { return try string() }
        try word("null")
        return nil
    }

    private mutating func strings() throws(Failure) -> [Span] {
        try expect(UInt8(ascii: "["), "an array")
        skipSpace()
        if peek() == UInt8(ascii: "]") {
            index += 1
            return []
        }
        var spans: [Span] = []
        repeat {
            skipSpace()
            spans.append(try string())
        } while try separator(before: UInt8(ascii: "]"))
        return spans
    }

    private mutating func string() throws(Failure) -> Span {
        guard peek() == UInt8(ascii: "\"") else { throw failure("a string") }
        index += 1
        let start = index
        var hasEscapes = false
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return Span(range: start..<index - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try escape()
            case 0..<0x20: throw failure("no control character")
            default: index += 1
            }
        }
        throw failure("the end of a string")
    }

    /// Passes an escape, of which `append` may then be sure.
    private mutating func escape() throws(Failure) {
        index += 1
        switch peek() {
        case UInt8(ascii: "\"")?, UInt8(ascii: "\\")?, UInt8(ascii: "/")?, UInt8(ascii: "b")?, UInt8(ascii: "f")?,
            UInt8(ascii: "n")?, UInt8(ascii: "r")?, UInt8(ascii: "t")?:
            index += 1
        case UInt8(ascii: "u")?:
            index += 1
            let unit = try codeUnit()
            if 0xDC00...0xDFFF ~= unit { throw failure("the first half of a surrogate pair") }
            guard 0xD800...0xDBFF ~= unit else { return }
            guard peek() == UInt8(ascii: "\\") else { throw failure("the second half of a surrogate pair") }
            index += 1
            guard peek() == UInt8(ascii: "u") else { throw failure("the second half of a surrogate pair") }
            index += 1
            guard 0xDC00...0xDFFF ~= (try codeUnit()) else { throw failure("the second half of a surrogate pair") }
        default: throw failure("an escape")
        }
    }

    private mutating func codeUnit() throws(Failure) -> UInt32 {
        guard let unit = Self.codeUnit(at: index, in: source) else { throw failure("four hexadecimal digits") }
        index += 4
        return unit
    }

    /// Passes a value that nobody asked for.
    private mutating func skipValue() throws(Failure) {
        var closers: [UInt8] = []
        while true {
            skipSpace()
            switch peek() {
            case UInt8(ascii: "{")?, UInt8(ascii: "[")?:
                let isObject = peek() == UInt8(ascii: "{")
                let closer = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
                index += 1
                skipSpace()
                if peek() == closer {
                    index += 1
                } else {
                    guard closers.count < Self.depthLimit else { throw failure("less nesting") }
                    closers.append(closer)
                    if isObject { try key() }
                    continue
                }
            case UInt8(ascii: "\"")?: _ = try string()
            case UInt8(ascii: "t")?: try word("true")
            case UInt8(ascii: "f")?: try word("false")
            case UInt8(ascii: "n")?: try word("null")
            default: try number()
            }
            while let closer = closers.last {
                if try separator(before: closer) {
                    if closer == UInt8(ascii: "}") {
                        skipSpace()
                        try key()
                    }
                    break
                }
                closers.removeLast()
            }
            if closers.isEmpty { return }
        }
    }

    private mutating func key() throws(Failure) {
        _ = try string()
        try expect(UInt8(ascii: ":"), "a colon")
    }

    private mutating func number() throws(Failure) {
        if peek() == UInt8(ascii: "-") { index += 1 }
        if peek() == UInt8(ascii: "0") { index += 1 } else { try digits() }
        if peek() == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            index += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { index += 1 }
            try digits()
        }
    }

    private mutating func digits() throws(Failure) {
        let start = index
        while let byte = peek(), UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { index += 1 }
        if index == start { throw failure("a value") }
    }

    private mutating func word(_ word: StaticString) throws(Failure) {
        guard matches(Span(range: index..<min(index + word.utf8CodeUnitCount, source.count), hasEscapes: false), word)
        else {
            throw failure("a value")
        }
        index += word.utf8CodeUnitCount
    }

    // MARK: Marks

    private func peek() -> UInt8? {
        index < source.count ? source[index] : nil
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func expect(_ byte: UInt8, _ name: String) throws(Failure) {
        skipSpace()
        guard peek() == byte else { throw failure(name) }
        index += 1
    }

    /// Passes a comma, or `closer`; true for the comma, behind which there must be something.
    private mutating func separator(before closer: UInt8) throws(Failure) -> Bool {
        skipSpace()
        guard let byte = peek(), byte == UInt8(ascii: ",") || byte == closer else {
            throw failure("a comma or the end of the list")
        }
        index += 1
        return byte != closer
    }

    private func matches(_ span: Span, _ word: StaticString) -> Bool {
        guard span.range.count == word.utf8CodeUnitCount, !span.hasEscapes else { return false }
        return word.withUTF8Buffer { $0.elementsEqual(source[span.range]) }
    }

    private func failure(_ expected: String) -> Failure {
        Failure(expected: expected, offset: index)
    }

    // MARK: Unescaping

    /// Appends what `span` stands for to `result`; its escapes have been found right.
    static func append(_ span: Span, of source: UnsafeRawBufferPointer, to result: inout [UInt8]) {
        var index = span.range.lowerBound
        let end = span.range.upperBound
        while index < end {
            let run = source[index..<end].firstIndex(of: UInt8(ascii: "\\")) ?? end
            result.append(contentsOf: UnsafeRawBufferPointer(rebasing: source[index..<run]))
            guard run < end else { return }
            index = run + 2
            switch source[run + 1] {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = codeUnit(at: index, in: source) ?? 0xFFFD
                index += 4
                if 0xD800...0xDBFF ~= scalar, let low = codeUnit(at: index + 2, in: source) {
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (low &- 0xDC00)
                    index += 6
                }
                result.append(
                    contentsOf: UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter
                )
            case let other: result.append(other)
            }
        }
    }

    private static func codeUnit(at start: Int, in source: UnsafeRawBufferPointer) -> UInt32? {
        guard start + 4 <= source.count else { return nil }
        var unit: UInt32 = 0
        for byte in source[start..<start + 4] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return unit
    }
}
