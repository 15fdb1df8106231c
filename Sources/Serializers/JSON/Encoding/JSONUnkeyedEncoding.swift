/// An array as a type's `encode(to:)` writes it.
struct JSONUnkeyedEncoding: UnkeyedEncodingContainer {
    let scope: JSONScope

    var codingPath: [any CodingKey] { scope.codingPath }
    var count: Int { scope.count }

    private var key: JSONCodingKey { .index(scope.count) }

    func encodeNil() throws { try scope.writeElement { scope.output.writer.write("null") } }
    func encode(_ value: Bool) throws { try scope.writeElement { scope.output.writer.write(value) } }
    func encode(_ value: String) throws { try scope.writeElement { scope.output.writer.write(string: value) } }
    func encode(_ value: Double) throws {
        try scope.writeElement { try scope.write(value, JSONPath.keys(scope.path, key)) }
    }
    func encode(_ value: Float) throws {
        try scope.writeElement { try scope.write(value, JSONPath.keys(scope.path, key)) }
    }
    func encode(_ value: Int) throws { try integer(value) }
    func encode(_ value: Int8) throws { try integer(value) }
    func encode(_ value: Int16) throws { try integer(value) }
    func encode(_ value: Int32) throws { try integer(value) }
    func encode(_ value: Int64) throws { try integer(value) }
    func encode(_ value: UInt) throws { try integer(value) }
    func encode(_ value: UInt8) throws { try integer(value) }
    func encode(_ value: UInt16) throws { try integer(value) }
    func encode(_ value: UInt32) throws { try integer(value) }
    func encode(_ value: UInt64) throws { try integer(value) }

    func encode<Encoded: Encodable>(_ value: Encoded) throws {
        try scope.writeElement { try scope.write(value, in: key) }
    }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        JSONEncoding(scope: nested()).container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONEncoding(scope: nested()).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { JSONEncoding(scope: nested()) }

    private func integer(_ value: some FixedWidthInteger) throws {
        try scope.writeElement { scope.output.writer.write(value) }
    }

    private func nested() -> JSONScope {
        scope.nested(in: key) { try scope.writeElement($0) }
    }
}
