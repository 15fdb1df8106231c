internal import PhoenixKit

/// Reads MessagePack, one value after the other, and never beyond the end.
struct PackScanner {
    let bytes: UnsafeRawBufferPointer
    var position = 0
    private let maximumDepth: Int

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, _ limits: MessagePackLimits) {
        self.bytes = bytes
        maximumDepth = limits.depth
    }

    @inline(__always)
    private var remaining: Int { bytes.count &- position }

    @inline(__always)
    func failure(_ expected: String) -> MessagePackError { MessagePackError(at: position, expected: expected) }

    func expectEnd() throws(MessagePackError) {
        guard position == bytes.count else { throw failure("the end of the value and of the input") }
    }

    // MARK: Headers

    /// Moves past the header of a value, and no further.
    @inline(__always)
    mutating func header() throws(MessagePackError) -> PackHeader {
        guard position < bytes.count else { throw failure("a value") }
        let marker = bytes[position]
        position &+= 1
        switch marker {
        case 0x00...0x7F: return .signed(Int64(marker))
        case 0x80...0x8F: return .map(try count(Int(marker & 0x0F), of: 2))
        case 0x90...0x9F: return .array(try count(Int(marker & 0x0F), of: 1))
        case 0xA0...0xBF: return .string(try count(Int(marker & 0x1F), of: 1))
        case 0xE0...0xFF: return .signed(Int64(Int8(bitPattern: marker)))
        default: return try longHeader(marker)
        }
    }

    private mutating func longHeader(_ marker: UInt8) throws(MessagePackError) -> PackHeader {
        switch marker {
        case 0xC0: return .null
        case 0xC2: return .boolean(false)
        case 0xC3: return .boolean(true)
        case 0xC4: return .binary(try length(UInt8.self, of: 1))
        case 0xC5: return .binary(try length(UInt16.self, of: 1))
        case 0xC6: return .binary(try length(UInt32.self, of: 1))
        case 0xC7: return try extended(Int(number(UInt8.self)))
        case 0xC8: return try extended(Int(number(UInt16.self)))
        case 0xC9: return try extended(Int(number(UInt32.self)))
        case 0xCA: return .float(Float(bitPattern: try number(UInt32.self)))
        case 0xCB: return .double(Double(bitPattern: try number(UInt64.self)))
        case 0xCC: return .signed(Int64(try number(UInt8.self)))
        case 0xCD: return .signed(Int64(try number(UInt16.self)))
        case 0xCE: return .signed(Int64(try number(UInt32.self)))
        case 0xCF: return PackHeader(try number(UInt64.self))
        case 0xD0: return .signed(Int64(try number(Int8.self)))
        case 0xD1: return .signed(Int64(try number(Int16.self)))
        case 0xD2: return .signed(Int64(try number(Int32.self)))
        case 0xD3: return .signed(try number(Int64.self))
        case 0xD4...0xD8: return try extended(1 << Int(marker - 0xD4))
        case 0xD9: return .string(try length(UInt8.self, of: 1))
        case 0xDA: return .string(try length(UInt16.self, of: 1))
        case 0xDB: return .string(try length(UInt32.self, of: 1))
        case 0xDC: return .array(try length(UInt16.self, of: 1))
        case 0xDD: return .array(try length(UInt32.self, of: 1))
        case 0xDE: return .map(try length(UInt16.self, of: 2))
        case 0xDF: return .map(try length(UInt32.self, of: 2))
        default:
            position -= 1
            throw failure("a value, which 0xc1 never begins")
        }
    }

    @inline(__always)
    private mutating func number<Number: FixedWidthInteger>(
        _ type: Number.Type
    ) throws(MessagePackError) -> Number {
        let size = MemoryLayout<Number>.size
        guard remaining >= size else { throw failure("a number of \(size) bytes") }
        let number = bytes.loadUnaligned(fromByteOffset: position, as: type)
        position &+= size
        return Number(bigEndian: number)
    }

    @inline(__always)
    private mutating func length<Number: FixedWidthInteger & UnsignedInteger>(
        _ type: Number.Type,
        of size: Int
    ) throws(MessagePackError) -> Int {
        // In two steps: the check goes by the position after the number.
        let length = Int(try number(type))
        return try count(length, of: size)
    }

    /// So many things of at least `size` bytes each, which must be there.
    @inline(__always)
    private func count(_ count: Int, of size: Int) throws(MessagePackError) -> Int {
        // Lengths have 32 bits, so that the product holds.
        guard count &* size <= remaining else { throw failure("all that the length before it announces") }
        return count
    }

    private mutating func extended(_ length: Int) throws(MessagePackError) -> PackHeader {
        let type = try number(Int8.self)
        return .ext(type, try count(length, of: 1))
    }

    // MARK: Whole values

    /// Moves past a value, checks all of it, and tells how deep it nests.
    ///
    /// The spans take note of where arrays and maps end.
    @discardableResult
    mutating func skip(depth: Int = 0, recording spans: PackSpans? = nil) throws(MessagePackError) -> Int {
        let start = position
        let elements: Int
        switch try header() {
        case .null, .boolean, .signed, .unsigned, .float, .double: return depth
        case .string(let length):
            try skipText(length)
            return depth
        case .binary(let length), .ext(_, let length):
            position &+= length
            return depth
        case .array(let count): elements = count
        case .map(let count): elements = count &* 2
        }
        try descend(from: depth, at: start)
        var deepest = depth + 1
        for _ in 0..<elements {
            deepest = max(deepest, try skip(depth: depth + 1, recording: spans))
        }
        spans?.record(start, endsAt: position)
        return deepest
    }

    /// Refuses an array or a map that lies too deep.
    @inline(__always)
    func descend(from depth: Int, at start: Int) throws(MessagePackError) {
        guard depth < maximumDepth else {
            throw MessagePackError(at: start, expected: "at most \(maximumDepth) levels of nesting")
        }
    }

    /// Moves past the text of a string.
    @inline(__always)
    mutating func skipText(_ length: Int) throws(MessagePackError) {
        guard isUTF8(from: position, to: position &+ length) else { throw failure("a string of well-formed UTF-8") }
        position &+= length
    }

    /// Moves past a string, and tells where its text is.
    @inline(__always)
    mutating func text() throws(MessagePackError) -> Range<Int> {
        let start = position
        guard case .string(let length) = try header() else {
            throw MessagePackError(at: start, expected: "a string")
        }
        try skipText(length)
        return (position &- length)..<position
    }
}

extension Bytes {
    /// Calls `body` with a scanner at the start of the bytes.
    @inline(__always)
    func withScanner<Result>(
        _ limits: MessagePackLimits,
        _ body: (inout PackScanner) throws(MessagePackError) -> Result
    ) throws(MessagePackError) -> Result {
        guard count <= limits.size else {
            throw MessagePackError(at: limits.size, expected: "the end of the input, which the limit puts here")
        }
        // `withUnsafeBytes` forgets the type of the error, which would then be put in a box.
        var failure: MessagePackError?
        let result = withUnsafeBytes { bytes -> Result? in
            var scanner = PackScanner(bytes, limits)
            do throws(MessagePackError) {
                return try body(&scanner)
            } catch {
                failure = error
                return nil
            }
        }
        guard let result else { throw failure ?? MessagePackError(at: 0, expected: "a value") }
        return result
    }
}
