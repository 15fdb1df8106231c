public import PhoenixKit

extension JSONFormat {
    public func encode<Value: Encodable>(_ value: Value) throws -> Bytes {
        throw JSONError(at: 0, expected: "a dynamic value: Encodable types come with the next change")
    }

    public func decode<Value: Decodable>(_ type: Value.Type, from bytes: Bytes) throws -> Value {
        throw JSONError(at: 0, expected: "a dynamic value: Decodable types come with the next change")
    }
}
