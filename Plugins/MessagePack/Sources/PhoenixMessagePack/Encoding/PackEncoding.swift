internal import PhoenixKit

/// The encoder that a type's `encode(to:)` is given.
struct PackEncoding: Encoder {
    let scope: PackScope

    var codingPath: [any CodingKey] { scope.codingPath }

    var userInfo: [CodingUserInfoKey: Any] {
        CodingUserInfoKey.payloadFormat.map { [$0: MessagePackFormat(limits: scope.output.writer.limits)] } ?? [:]
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        scope.beginMap()
        return KeyedEncodingContainer(PackKeyedEncoding<Key>(scope: scope))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        scope.beginArray()
        return PackUnkeyedEncoding(scope: scope)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { PackSingleEncoding(scope: scope) }
}

/// A value that is neither a map nor an array, or another type's value in place of the own.
struct PackSingleEncoding: SingleValueEncodingContainer {
    let scope: PackScope

    var codingPath: [any CodingKey] { scope.codingPath }

    func encodeNil() throws { try scope.writeSingle { scope.output.writer.writeNil() } }
    func encode(_ value: String) throws { try scope.writeSingle { try scope.output.writer.write(string: value) } }
    func encode(_ value: Bool) throws { try scope.writeSingle { scope.output.writer.write(value) } }
    func encode(_ value: Double) throws { try scope.writeSingle { scope.output.writer.write(value) } }
    func encode(_ value: Float) throws { try scope.writeSingle { scope.output.writer.write(value) } }
    func encode(_ value: Int) throws { try scope.writeSingle { scope.output.writer.write(value) } }
    func encode(_ value: Int8) throws { try scope.writeSingle { scope.output.writer.write(value) } }
    func encode(_ value: Int16) throws { try scope.writeSingle { scope.output.writer.write(value) } }
    func encode(_ value: Int32) throws { try scope.writeSingle { scope.output.writer.write(value) } }
    func encode(_ value: Int64) throws { try scope.writeSingle { scope.output.writer.write(value) } }
    func encode(_ value: UInt) throws { try scope.writeSingle { scope.output.writer.write(value) } }
    func encode(_ value: UInt8) throws { try scope.writeSingle { scope.output.writer.write(value) } }
    func encode(_ value: UInt16) throws { try scope.writeSingle { scope.output.writer.write(value) } }
    func encode(_ value: UInt32) throws { try scope.writeSingle { scope.output.writer.write(value) } }
    func encode(_ value: UInt64) throws { try scope.writeSingle { scope.output.writer.write(value) } }
    func encode<Encoded: Encodable>(_ value: Encoded) throws { try scope.writeSingle { try scope.write(value) } }
}
