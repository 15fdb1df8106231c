internal import PhoenixKit

/// The encoder that a type's `encode(to:)` is given.
struct JSONEncoding: Encoder {
    let scope: JSONScope

    var codingPath: [any CodingKey] { scope.codingPath }

    var userInfo: [CodingUserInfoKey: Any] {
        CodingUserInfoKey.payloadFormat.map { [$0: JSONFormat()] } ?? [:]
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        scope.beginObject()
        return KeyedEncodingContainer(JSONKeyedEncoding<Key>(scope: scope))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        scope.beginArray()
        return JSONUnkeyedEncoding(scope: scope)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { JSONSingleEncoding(scope: scope) }
}

/// A value that is neither an object nor an array, or another type's value in place of the own.
struct JSONSingleEncoding: SingleValueEncodingContainer {
    let scope: JSONScope

    var codingPath: [any CodingKey] { scope.codingPath }

    func encodeNil() throws { try scope.writeSingle { scope.output.writer.write("null") } }
    func encode(_ value: Bool) throws { try scope.writeSingle { scope.output.writer.write(value) } }
    func encode(_ value: String) throws { try scope.writeSingle { scope.output.writer.write(string: value) } }
    func encode(_ value: Double) throws { try scope.writeSingle { try scope.write(value, codingPath) } }
    func encode(_ value: Float) throws { try scope.writeSingle { try scope.write(value, codingPath) } }
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
    func encode<Encoded: Encodable>(_ value: Encoded) throws { try scope.writeSingle { try scope.write(value) } }

    private func integer(_ value: some FixedWidthInteger) throws {
        try scope.writeSingle { scope.output.writer.write(value) }
    }
}
