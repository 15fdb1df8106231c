public import PhoenixKit

/// JSON as RFC 8259 has it, read strictly and written without white space.
///
/// Reading refuses what the RFC does not allow, and bounds what it leaves open: nesting beyond 512 levels and numbers
/// beyond the range of a double are errors. Of a key written twice the last value counts. Whole numbers are exact
/// where 64 bits hold them. All errors in the text are `JSONError`.
///
/// `Decodable` and `Encodable` types are read and written as Foundation's `JSONDecoder` and `JSONEncoder` do with their
/// default settings: `Date` as seconds since 2001, `Data` as base64, `URL` as a string, `Decimal` as a number. Keys are
/// written in the order in which a type encodes them; dynamic values in the order of their keys.
public struct JSONFormat: PayloadFormat {
    /// JSON as RFC 8259 has it.
    public init() {}

    public var name: String { "JSON" }

    public func value(of bytes: Bytes) throws -> Value {
        try bytes.withScanner { scanner throws(JSONError) in
            let value = try scanner.value()
            try scanner.expectEnd()
            return value
        }
    }

    /// Encodes a dynamic value, objects in the order of their keys.
    ///
    /// - Throws: `EncodingError` for bytes, extensions, infinite numbers and NaN, which JSON does not have.
    public func encode(value: Value) throws -> Bytes {
        var writer = JSONWriter(capacity: 96)
        try writer.write(value)
        return Bytes(writer.bytes)
    }
}

extension Bytes {
    /// Calls `body` with a scanner at the start of the bytes.
    @inline(__always)
    func withScanner<Result>(
        _ body: (inout JSONScanner) throws(JSONError) -> Result
    ) throws(JSONError) -> Result {
        // `withUnsafeBytes` forgets the type of the error, which would then be put in a box.
        var failure: JSONError?
        let result = withUnsafeBytes { bytes -> Result? in
            var scanner = JSONScanner(bytes)
            do throws(JSONError) {
                return try body(&scanner)
            } catch {
                failure = error
                return nil
            }
        }
        guard let result else { throw failure ?? JSONError(at: 0, expected: "a value") }
        return result
    }
}
