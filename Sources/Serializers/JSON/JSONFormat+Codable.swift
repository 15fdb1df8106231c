public import PhoenixKit

extension JSONFormat {
    /// Encodes a value of any type.
    ///
    /// - Throws: `EncodingError` for infinite numbers and NaN, for more than 512 levels, and for a type that does not
    ///   encode anything; whatever the type's `encode(to:)` throws.
    public func encode<Encoded: Encodable>(_ value: Encoded) throws -> Bytes {
        Bytes(try JSONScope.encode(value))
    }

    /// Decodes one whole value.
    ///
    /// - Throws: `JSONError` when the bytes are not JSON, `DecodingError` when they do not read as `type`; whatever the
    ///   type's `init(from:)` throws.
    public func decode<Decoded: Decodable>(_ type: Decoded.Type, from bytes: Bytes) throws -> Decoded {
        let source = try JSONSource(bytes)
        return try JSONNode(source: source, offset: source.start, path: nil).decoded(type)
    }
}
