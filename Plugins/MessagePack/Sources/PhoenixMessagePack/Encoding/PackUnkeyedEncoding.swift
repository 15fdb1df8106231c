/// An array as a type's `encode(to:)` writes it.
struct PackUnkeyedEncoding: UnkeyedEncodingContainer {
    let scope: PackScope

    var codingPath: [any CodingKey] { scope.codingPath }
    var count: Int { scope.count }

    private var key: PackKey { .index(scope.count) }

    func encodeNil() throws { try scope.writeElement { scope.output.writer.writeNil() } }
    func encode(_ value: String) throws { try scope.writeElement { try scope.output.writer.write(string: value) } }
    func encode(_ value: Bool) throws { try scope.writeElement { scope.output.writer.write(value) } }
    func encode(_ value: Double) throws { try scope.writeElement { scope.output.writer.write(value) } }
    func encode(_ value: Float) throws { try scope.writeElement { scope.output.writer.write(value) } }
    func encode(_ value: Int) throws { try scope.writeElement { scope.output.writer.write(value) } }
    func encode(_ value: Int8) throws { try scope.writeElement { scope.output.writer.write(value) } }
    func encode(_ value: Int16) throws { try scope.writeElement { scope.output.writer.write(value) } }
    func encode(_ value: Int32) throws { try scope.writeElement { scope.output.writer.write(value) } }
    func encode(_ value: Int64) throws { try scope.writeElement { scope.output.writer.write(value) } }
    func encode(_ value: UInt) throws { try scope.writeElement { scope.output.writer.write(value) } }
    func encode(_ value: UInt8) throws { try scope.writeElement { scope.output.writer.write(value) } }
    func encode(_ value: UInt16) throws { try scope.writeElement { scope.output.writer.write(value) } }
    func encode(_ value: UInt32) throws { try scope.writeElement { scope.output.writer.write(value) } }
    func encode(_ value: UInt64) throws { try scope.writeElement { scope.output.writer.write(value) } }

    func encode<Encoded: Encodable>(_ value: Encoded) throws {
        try scope.writeElement { try scope.write(value, in: key) }
    }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        PackEncoding(scope: nested()).container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        PackEncoding(scope: nested()).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { PackEncoding(scope: nested()) }

    private func nested() -> PackScope {
        scope.nested(in: key) { try scope.writeElement($0) }
    }
}
