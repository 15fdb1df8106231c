/// An object as a type's `encode(to:)` writes it, members in the order in which they are encoded.
struct JSONKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let scope: JSONScope

    var codingPath: [any CodingKey] { scope.codingPath }

    func encodeNil(forKey key: Key) throws { try scope.writeMember(key) { scope.output.writer.write("null") } }

    func encode(_ value: Bool, forKey key: Key) throws {
        try scope.writeMember(key) { scope.output.writer.write(value) }
    }

    func encode(_ value: String, forKey key: Key) throws {
        try scope.writeMember(key) { scope.output.writer.write(string: value) }
    }

    func encode(_ value: Double, forKey key: Key) throws {
        try scope.writeMember(key) { try scope.write(value, JSONPath.keys(scope.path, key)) }
    }

    func encode(_ value: Float, forKey key: Key) throws {
        try scope.writeMember(key) { try scope.write(value, JSONPath.keys(scope.path, key)) }
    }

    func encode(_ value: Int, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: Int8, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: Int16, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: Int32, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: Int64, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: UInt, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: UInt8, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: UInt16, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: UInt32, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: UInt64, forKey key: Key) throws { try integer(value, key) }

    func encode<Encoded: Encodable>(_ value: Encoded, forKey key: Key) throws {
        try scope.writeMember(key) { try scope.write(value, in: key) }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        JSONEncoding(scope: nested(in: key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        JSONEncoding(scope: nested(in: key)).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { JSONEncoding(scope: nested(in: JSONCodingKey.super)) }
    func superEncoder(forKey key: Key) -> any Encoder { JSONEncoding(scope: nested(in: key)) }

    private func integer(_ value: some FixedWidthInteger, _ key: Key) throws {
        try scope.writeMember(key) { scope.output.writer.write(value) }
    }

    private func nested(in key: some CodingKey) -> JSONScope {
        scope.nested(in: key) { try scope.writeMember(key, $0) }
    }
}
