/// A map as a type's `init(from:)` sees it.
struct PackKeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: PackMembers

    private var source: PackSource { members.source }

    var codingPath: [any CodingKey] { PackPath.keys(members.path) }
    var allKeys: [Key] { members.uniqueKeys.compactMap(Key.init(stringValue:)) }
    func contains(_ key: Key) -> Bool { members.offset(of: key.stringValue) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { source.isNil(at: try members.offset(for: key)) }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        try source.boolean(at: members.offset(for: key), path(to: key))
    }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try source.string(at: members.offset(for: key), path(to: key))
    }

    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try source.double(at: members.offset(for: key), path(to: key))
    }

    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try source.float(at: members.offset(for: key), path(to: key))
    }

    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try integer(type, key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try integer(type, key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try integer(type, key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try integer(type, key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try integer(type, key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try integer(type, key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try integer(type, key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try integer(type, key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try integer(type, key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try integer(type, key) }

    func decode<Decoded: Decodable>(_ type: Decoded.Type, forKey key: Key) throws -> Decoded {
        try node(at: key).decoded(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try node(at: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try node(at: key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try node(at: PackKey.super) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try node(at: key) }

    @inline(__always)
    private func integer<Integer: FixedWidthInteger>(_ type: Integer.Type, _ key: Key) throws -> Integer {
        try source.integer(at: members.offset(for: key), as: type, path(to: key))
    }

    private func node(at key: some CodingKey) throws -> PackNode {
        PackNode(source: source, offset: try members.offset(for: key), path: PackPath(members.path, key))
    }

    private func path(to key: Key) -> [any CodingKey] { PackPath.keys(members.path, key) }
}
