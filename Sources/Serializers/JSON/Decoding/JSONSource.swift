internal import PhoenixKit

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A checked JSON text that values are decoded from, each at its offset.
///
/// It owns the text's storage, so that a decoder kept beyond the decoding is harmless.
final class JSONSource {
    let bytes: Bytes
    /// Where the outermost value begins.
    let start: Int
    /// Where nested values end; only for texts that nest deeply.
    private let spans: JSONSpans?

    /// Whether ends of nested values were noted, because there are many levels.
    var isDeep: Bool { spans != nil }

    /// The depth from which moving past a nested value again at each level is dearer than taking note of its end.
    private static let shallow = 8

    /// Checks `bytes` to the end.
    init(_ bytes: Bytes) throws(JSONError) {
        self.bytes = bytes
        if bytes.withUnsafeBytes({ Self.isFlatObject($0) }) {
            (start, spans) = (0, nil)
            return
        }
        let (start, depth) = try bytes.withScanner { scanner throws(JSONError) in
            scanner.skipSpace()
            let start = scanner.position
            let depth = try scanner.skipValue()
            try scanner.expectEnd()
            return (start, depth)
        }
        self.start = start
        guard depth > Self.shallow else {
            spans = nil
            return
        }
        let spans = JSONSpans()
        try bytes.withScanner { scanner throws(JSONError) in _ = try scanner.skipValue(recording: spans) }
        self.spans = spans
    }

    /// Whether `bytes` are an object of names, strings and numbers, usually written; false where the scanner is to judge.
    private static func isFlatObject(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let text = JSONShortcut(bytes) else { return false }
        var isFlat = true
        let end = text.object(at: 0, depth: 1) { _, value in
            if text.has(UInt8(ascii: "{"), at: value.lowerBound) || text.has(UInt8(ascii: "["), at: value.lowerBound) {
                isFlat = false
            }
        }
        return isFlat && end == text.end
    }

    /// Moves `scanner` past the value at its position.
    @inline(__always)
    func skipValue(_ scanner: inout JSONScanner) throws(JSONError) {
        if let spans, let end = spans.end(ofValueAt: scanner.position) {
            scanner.position = end
        } else {
            try scanner.skipValue()
        }
    }

    /// The first byte of the value at `offset`, which tells its kind.
    @inline(__always)
    func firstByte(at offset: Int) -> UInt8 { bytes[offset] ?? 0 }

    func isNull(at offset: Int) -> Bool { firstByte(at: offset) == UInt8(ascii: "n") }

    // MARK: Values

    func boolean(at offset: Int, _ path: @autoclosure () -> [any CodingKey]) throws -> Bool {
        switch firstByte(at: offset) {
        case UInt8(ascii: "t"): return true
        case UInt8(ascii: "f"): return false
        default: throw mismatch(Bool.self, at: offset, path())
        }
    }

    func string(at offset: Int, _ path: @autoclosure () -> [any CodingKey]) throws -> String {
        guard firstByte(at: offset) == UInt8(ascii: "\"") else { throw mismatch(String.self, at: offset, path()) }
        return try scan(at: offset) { scanner throws(JSONError) in
            let text = try scanner.string()
            return scanner.characters(of: text)
        }
    }

    /// A whole number; `1.0` and `1e3` count as whole.
    ///
    /// Inlined so that the type is known: within generic containers the compiler does not specialise by itself.
    @inline(__always)
    func integer<Integer: FixedWidthInteger>(
        at offset: Int,
        as type: Integer.Type,
        _ path: @autoclosure () -> [any CodingKey]
    ) throws -> Integer {
        guard isNumber(at: offset) else { throw mismatch(type, at: offset, path()) }
        let numeric = try numeric(at: offset)
        let integer: Integer? =
            switch numeric {
            case .signed(let number): Integer(exactly: number)
            case .unsigned(let number): Integer(exactly: number)
            case .double(let number): Integer(exactly: number)
            }
        guard let integer else { throw corrupted("The number does not fit in \(type).", path()) }
        return integer
    }

    private func numeric(at offset: Int) throws(JSONError) -> JSONNumeric {
        try scan(at: offset) { scanner throws(JSONError) in
            let number = try scanner.number()
            return scanner.numeric(of: number)
        }
    }

    func double(at offset: Int, _ path: @autoclosure () -> [any CodingKey]) throws -> Double {
        guard isNumber(at: offset) else { throw mismatch(Double.self, at: offset, path()) }
        return try scan(at: offset) { scanner throws(JSONError) in
            let number = try scanner.number()
            return scanner.double(of: number)
        }
    }

    func float(at offset: Int, _ path: @autoclosure () -> [any CodingKey]) throws -> Float {
        guard isNumber(at: offset) else { throw mismatch(Float.self, at: offset, path()) }
        guard let float = Float(try spelling(at: offset)), float.isFinite else {
            throw corrupted("The number does not fit in Float.", path())
        }
        return float
    }

    /// A value of a type that is not left to its own `init(from:)`, or nil.
    @inline(__always)
    func known<Known: Decodable>(
        _ type: Known.Type,
        at offset: Int,
        _ path: @autoclosure () -> [any CodingKey]
    ) throws -> Known? {
        if type == Value.self { return try value(at: offset) as? Known }
        if type == Payload.self { return Payload(bytes[try range(at: offset)], format: JSONFormat()) as? Known }
        if type == Data.self {
            guard let data = Data(base64Encoded: try string(at: offset, path())) else {
                throw corrupted("The string is not base64.", path())
            }
            return data as? Known
        }
        if type == URL.self {
            guard let url = URL(string: try string(at: offset, path())) else {
                throw corrupted("The string is no URL.", path())
            }
            return url as? Known
        }
        if type == Decimal.self {
            guard isNumber(at: offset) else { throw mismatch(Decimal.self, at: offset, path()) }
            guard let decimal = Decimal(string: try spelling(at: offset)) else {
                throw corrupted("The number does not fit in Decimal.", path())
            }
            return decimal as? Known
        }
        return nil
    }

    private func value(at offset: Int) throws -> Value {
        try scan(at: offset) { scanner throws(JSONError) in try scanner.value() }
    }

    private func range(at offset: Int) throws -> Range<Int> {
        try scan(at: offset) { scanner throws(JSONError) in
            try skipValue(&scanner)
            return offset..<scanner.position
        }
    }

    private func spelling(at offset: Int) throws -> String {
        try scan(at: offset) { scanner throws(JSONError) in
            let number = try scanner.number()
            return scanner.spelling(of: number)
        }
    }

    private func isNumber(at offset: Int) -> Bool {
        let byte = firstByte(at: offset)
        return byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") < 10
    }

    @inline(__always)
    func scan<Result>(
        at offset: Int,
        _ body: (inout JSONScanner) throws(JSONError) -> Result
    ) throws(JSONError) -> Result {
        try bytes.withScanner { scanner throws(JSONError) in
            scanner.position = offset
            return try body(&scanner)
        }
    }

    // MARK: Errors

    /// The error for a value of another kind than `type` asks for.
    func mismatch(_ type: Any.Type, at offset: Int, _ path: [any CodingKey]) -> DecodingError {
        let found =
            switch firstByte(at: offset) {
            case UInt8(ascii: "{"): "an object"
            case UInt8(ascii: "["): "an array"
            case UInt8(ascii: "\""): "a string"
            case UInt8(ascii: "t"), UInt8(ascii: "f"): "a boolean"
            case UInt8(ascii: "n"): "null"
            default: "a number"
            }
        let context = DecodingError.Context(
            codingPath: path,
            debugDescription: "Expected to decode \(type) but found \(found) instead."
        )
        return isNull(at: offset) ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    func corrupted(_ description: String, _ path: [any CodingKey]) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: path, debugDescription: description))
    }
}
