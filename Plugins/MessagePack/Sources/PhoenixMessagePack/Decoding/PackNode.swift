internal import PhoenixKit

/// One value of an input: the decoder that a type's `init(from:)` is given.
struct PackNode {
    let source: PackSource
    let offset: Int
    let path: PackPath?

    /// Decodes the value as `type`.
    @inline(__always)
    func decoded<Decoded: Decodable>(_ type: Decoded.Type) throws -> Decoded {
        if let known = try source.known(type, at: offset, codingPath) { return known }
        return try Decoded(from: self)
    }
}

extension PackNode: Decoder {
    var codingPath: [any CodingKey] { PackPath.keys(path) }

    var userInfo: [CodingUserInfoKey: Any] {
        CodingUserInfoKey.payloadFormat.map { [$0: MessagePackFormat(limits: source.limits)] } ?? [:]
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(PackKeyedDecoding<Key>(members: try PackMembers(self)))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try PackUnkeyedDecoding(self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }
}

extension PackNode: SingleValueDecodingContainer {
    func decodeNil() -> Bool { source.isNil(at: offset) }
    func decode(_ type: Bool.Type) throws -> Bool { try source.boolean(at: offset, codingPath) }
    func decode(_ type: String.Type) throws -> String { try source.string(at: offset, codingPath) }
    func decode(_ type: Double.Type) throws -> Double { try source.double(at: offset, codingPath) }
    func decode(_ type: Float.Type) throws -> Float { try source.float(at: offset, codingPath) }
    func decode(_ type: Int.Type) throws -> Int { try source.integer(at: offset, as: type, codingPath) }
    func decode(_ type: Int8.Type) throws -> Int8 { try source.integer(at: offset, as: type, codingPath) }
    func decode(_ type: Int16.Type) throws -> Int16 { try source.integer(at: offset, as: type, codingPath) }
    func decode(_ type: Int32.Type) throws -> Int32 { try source.integer(at: offset, as: type, codingPath) }
    func decode(_ type: Int64.Type) throws -> Int64 { try source.integer(at: offset, as: type, codingPath) }
    func decode(_ type: UInt.Type) throws -> UInt { try source.integer(at: offset, as: type, codingPath) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try source.integer(at: offset, as: type, codingPath) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try source.integer(at: offset, as: type, codingPath) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try source.integer(at: offset, as: type, codingPath) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try source.integer(at: offset, as: type, codingPath) }
    func decode<Decoded: Decodable>(_ type: Decoded.Type) throws -> Decoded { try decoded(type) }
}
