/// How values become the bytes of a payload and back: JSON, MessagePack and their like.
///
/// A serializer names the format of the payloads it reads and writes. The requirements without a default are
/// enough for a complete format; those with one are answered from `value(of:)` and are worth writing only for speed.
public protocol PayloadFormat: Sendable {
    /// The format's name for messages and errors, such as `JSON`.
    var name: String { get }

    /// Encodes `value`.
    ///
    /// Throws when it has no representation in this format (a NaN in JSON, for one).
    func encode<Value: Encodable>(_ value: Value) throws -> Bytes
    /// Encodes a dynamic value.
    ///
    /// Throws as above.
    func encode(value: Value) throws -> Bytes
    /// Decodes one whole value.
    ///
    /// Throws, and never traps, whatever the bytes are.
    func decode<Value: Decodable>(_ type: Value.Type, from bytes: Bytes) throws -> Value
    /// Reads one whole value.
    ///
    /// Throws, and never traps, whatever the bytes are.
    func value(of bytes: Bytes) throws -> Value

    /// The bytes of the member `key` of the object that `bytes` are, or nil.
    func member(_ key: String, of bytes: Bytes) -> Bytes?
    /// The bytes of the element at `index` of the array that `bytes` are, or nil.
    func element(_ index: Int, of bytes: Bytes) -> Bytes?
    /// The whole number that `bytes` are, or nil.
    func integer(of bytes: Bytes) -> Int64?
    /// The number that `bytes` are, or nil.
    func double(of bytes: Bytes) -> Double?
    /// The string that `bytes` are, or nil.
    func string(of bytes: Bytes) -> String?
    /// The boolean that `bytes` are, or nil.
    func boolean(of bytes: Bytes) -> Bool?
    /// Whether `bytes` are the format's null.
    func isNull(_ bytes: Bytes) -> Bool
}

extension PayloadFormat {
    public func member(_ key: String, of bytes: Bytes) -> Bytes? {
        (try? value(of: bytes))?[key].flatMap { try? encode(value: $0) }
    }

    public func element(_ index: Int, of bytes: Bytes) -> Bytes? {
        (try? value(of: bytes))?[index].flatMap { try? encode(value: $0) }
    }

    public func integer(of bytes: Bytes) -> Int64? {
        (try? value(of: bytes))?.integer
    }

    public func double(of bytes: Bytes) -> Double? {
        (try? value(of: bytes))?.number
    }

    public func string(of bytes: Bytes) -> String? {
        (try? value(of: bytes))?.string
    }

    public func boolean(of bytes: Bytes) -> Bool? {
        (try? value(of: bytes))?.boolean
    }

    public func isNull(_ bytes: Bytes) -> Bool {
        (try? value(of: bytes)) == .null
    }
}
