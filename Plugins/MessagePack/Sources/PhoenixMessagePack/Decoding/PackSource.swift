internal import PhoenixKit

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A checked input that values are decoded from, each at its offset.
///
/// It owns the storage, so that a decoder kept beyond the decoding is harmless.
final class PackSource {
    let bytes: Bytes
    let limits: MessagePackLimits
    /// Where nested values end; only for inputs that nest deeply.
    private let spans: PackSpans?

    /// The depth from which moving past a nested value again at each level is dearer than taking note of its end.
    private static let shallow = 8

    /// Checks `bytes` to the end.
    init(_ bytes: Bytes, _ limits: MessagePackLimits) throws(MessagePackError) {
        self.bytes = bytes
        self.limits = limits
        let depth = try bytes.withScanner(limits) { scanner throws(MessagePackError) in
            let depth = try scanner.skip()
            try scanner.expectEnd()
            return depth
        }
        guard depth > Self.shallow else {
            spans = nil
            return
        }
        let spans = PackSpans()
        try bytes.withScanner(limits) { scanner throws(MessagePackError) in _ = try scanner.skip(recording: spans) }
        self.spans = spans
    }

    /// Moves `scanner` past the value at its position.
    @inline(__always)
    func skip(_ scanner: inout PackScanner) throws(MessagePackError) {
        if let spans, let end = spans.end(ofValueAt: scanner.position) {
            scanner.position = end
        } else {
            try scanner.skip()
        }
    }

    func isNil(at offset: Int) -> Bool { bytes[offset] == 0xC0 }

    /// All keys of the map at `offset`, in the order in which they are written.
    func keys(at offset: Int) throws(MessagePackError) -> [String] {
        try scan(at: offset) { scanner throws(MessagePackError) in
            guard case .map(let count) = try scanner.header() else { return [] }
            var keys: [String] = []
            for _ in 0..<count {
                keys.append(try scanner.key())
                try skip(&scanner)
            }
            return keys
        }
    }

    // MARK: Values

    func boolean(at offset: Int, _ path: @autoclosure () -> [any CodingKey]) throws -> Bool {
        guard case .boolean(let truth) = try header(at: offset) else {
            throw mismatch(Bool.self, at: offset, path())
        }
        return truth
    }

    func string(at offset: Int, _ path: @autoclosure () -> [any CodingKey]) throws -> String {
        let text = try scan(at: offset) { scanner throws(MessagePackError) -> String? in
            guard case .string(let length) = try scanner.header() else { return nil }
            return scanner.characters(scanner.position..<(scanner.position &+ length))
        }
        guard let text else { throw mismatch(String.self, at: offset, path()) }
        return text
    }

    /// A whole number; floats that are whole count.
    ///
    /// Inlined so that the type is known: within generic containers the compiler does not specialise by itself.
    @inline(__always)
    func integer<Integer: FixedWidthInteger>(
        at offset: Int,
        as type: Integer.Type,
        _ path: @autoclosure () -> [any CodingKey]
    ) throws -> Integer {
        let integer: Integer? =
            switch try header(at: offset) {
            case .signed(let number): Integer(exactly: number)
            case .unsigned(let number): Integer(exactly: number)
            case .double(let number): Integer(exactly: number)
            case .float(let number): Integer(exactly: number)
            default: throw mismatch(type, at: offset, path())
            }
        guard let integer else { throw corrupted("The number does not fit in \(type).", path()) }
        return integer
    }

    func double(at offset: Int, _ path: @autoclosure () -> [any CodingKey]) throws -> Double {
        switch try header(at: offset) {
        case .double(let number): return number
        case .float(let number): return Double(number)
        case .signed(let number): return Double(number)
        case .unsigned(let number): return Double(number)
        default: throw mismatch(Double.self, at: offset, path())
        }
    }

    /// The nearest float; a finite number that has none is an error.
    func float(at offset: Int, _ path: @autoclosure () -> [any CodingKey]) throws -> Float {
        if case .float(let number) = try header(at: offset) { return number }
        let double = try double(at: offset, path())
        let float = Float(double)
        guard float.isFinite || !double.isFinite else { throw corrupted("The number does not fit in Float.", path()) }
        return float
    }

    private func data(at offset: Int) throws(MessagePackError) -> Bytes? {
        let range = try scan(at: offset) { scanner throws(MessagePackError) -> Range<Int>? in
            guard case .binary(let length) = try scanner.header() else { return nil }
            return scanner.position..<(scanner.position &+ length)
        }
        return range.map { bytes[$0] }
    }

    /// A value of a type that is not left to its own `init(from:)`, or nil.
    @inline(__always)
    func known<Known: Decodable>(
        _ type: Known.Type,
        at offset: Int,
        _ path: @autoclosure () -> [any CodingKey]
    ) throws -> Known? {
        if type == Value.self { return try value(at: offset) as? Known }
        if type == Payload.self { return try payload(at: offset) as? Known }
        if type == Data.self {
            guard let data = try data(at: offset) else { throw mismatch(type, at: offset, path()) }
            return data.withUnsafeBytes { Data($0) } as? Known
        }
        if type == Date.self { return try timestamp(at: offset, type, path()).date as? Known }
        if type == MessagePackTimestamp.self { return try timestamp(at: offset, type, path()) as? Known }
        if type == URL.self {
            guard let url = URL(string: try string(at: offset, path())) else {
                throw corrupted("The string is no URL.", path())
            }
            return url as? Known
        }
        return nil
    }

    private func value(at offset: Int) throws -> Value {
        try scan(at: offset) { scanner throws(MessagePackError) in try scanner.value() }
    }

    /// The value as a payload of its own; binary data without a format, as in a message.
    private func payload(at offset: Int) throws -> Payload {
        if let data = try data(at: offset) { return Payload(binary: data) }
        let range = try scan(at: offset) { scanner throws(MessagePackError) in
            try skip(&scanner)
            return offset..<scanner.position
        }
        return Payload(bytes[range], format: MessagePackFormat(limits: limits))
    }

    private func timestamp(at offset: Int, _ type: Any.Type, _ path: [any CodingKey]) throws -> MessagePackTimestamp {
        guard case .ext(MessagePackTimestamp.type, _) = try header(at: offset) else {
            throw mismatch(type, at: offset, path)
        }
        guard let timestamp = MessagePackTimestamp(try value(at: offset)) else {
            throw corrupted("The extension of type -1 is no timestamp.", path)
        }
        return timestamp
    }

    @inline(__always)
    private func header(at offset: Int) throws(MessagePackError) -> PackHeader {
        try scan(at: offset) { scanner throws(MessagePackError) in try scanner.header() }
    }

    @inline(__always)
    func scan<Result>(
        at offset: Int,
        _ body: (inout PackScanner) throws(MessagePackError) -> Result
    ) throws(MessagePackError) -> Result {
        try bytes.withScanner(limits) { scanner throws(MessagePackError) in
            scanner.position = offset
            return try body(&scanner)
        }
    }

    // MARK: Errors

    /// The error for a value of another kind than `type` asks for.
    func mismatch(_ type: Any.Type, at offset: Int, _ path: [any CodingKey]) -> DecodingError {
        let found = (try? header(at: offset))?.kind ?? "nothing"
        let context = DecodingError.Context(
            codingPath: path,
            debugDescription: "Expected to decode \(type) but found \(found) instead."
        )
        return isNil(at: offset) ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    func corrupted(_ description: String, _ path: [any CodingKey]) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: path, debugDescription: description))
    }
}
