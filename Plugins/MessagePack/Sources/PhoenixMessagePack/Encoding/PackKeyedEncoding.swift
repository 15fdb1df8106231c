/// A map as a type's `encode(to:)` writes it, members in the order in which they are encoded.
struct PackKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let scope: PackScope

    var codingPath: [any CodingKey] { scope.codingPath }

    func encodeNil(forKey key: Key) throws { try scope.writeMember(key) { scope.output.writer.writeNil() } }

    func encode(_ value: String, forKey key: Key) throws {
        try scope.writeMember(key) { try scope.output.writer.write(string: value) }
    }

    func encode(_ value: Bool, forKey key: Key) throws { try number(key) { $0.write(value) } }
    func encode(_ value: Double, forKey key: Key) throws { try number(key) { $0.write(value) } }
    func encode(_ value: Float, forKey key: Key) throws { try number(key) { $0.write(value) } }
    func encode(_ value: Int, forKey key: Key) throws { try number(key) { $0.write(value) } }
    func encode(_ value: Int8, forKey key: Key) throws { try number(key) { $0.write(value) } }
    func encode(_ value: Int16, forKey key: Key) throws { try number(key) { $0.write(value) } }
    func encode(_ value: Int32, forKey key: Key) throws { try number(key) { $0.write(value) } }
    func encode(_ value: Int64, forKey key: Key) throws { try number(key) { $0.write(value) } }
    func encode(_ value: UInt, forKey key: Key) throws { try number(key) { $0.write(value) } }
    func encode(_ value: UInt8, forKey key: Key) throws { try number(key) { $0.write(value) } }
    func encode(_ value: UInt16, forKey key: Key) throws { try number(key) { $0.write(value) } }
    func encode(_ value: UInt32, forKey key: Key) throws { try number(key) { $0.write(value) } }
    func encode(_ value: UInt64, forKey key: Key) throws { try number(key) { $0.write(value) } }

    func encode<Encoded: Encodable>(_ value: Encoded, forKey key: Key) throws {
        try scope.writeMember(key) { try scope.write(value, in: key) }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        PackEncoding(scope: nested(in: key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        PackEncoding(scope: nested(in: key)).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { PackEncoding(scope: nested(in: PackKey.super)) }
    func superEncoder(forKey key: Key) -> any Encoder { PackEncoding(scope: nested(in: key)) }

    @inline(__always)
    private func number(_ key: Key, _ body: (inout PackWriter) -> Void) throws {
        try scope.writeMember(key) { body(&scope.output.writer) }
    }

    private func nested(in key: some CodingKey) -> PackScope {
        scope.nested(in: key) { try scope.writeMember(key, $0) }
    }
}
