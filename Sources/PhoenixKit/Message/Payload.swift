/// What a message carries: bytes, and the format that gives them meaning.
///
/// Nothing is decoded until it is asked for. `payload.decode(Chat.self)` reads a `Decodable`,
/// `payload["user"]?["id"]?.integer` walks to one field without building a tree, and `payload.value` is the whole
/// as a dynamic value. The payload of a V2 binary frame has no format: it is `binary`, its bytes are all there is.
public struct Payload: Sendable {
    /// The bytes as they are on the wire: one whole JSON value, for example, or the data of a binary frame.
    public let bytes: Bytes
    /// Whether this is binary data without a format.
    public let isBinary: Bool
    /// The format, or `BinaryData`: what is optional would be copied each time it is asked for something.
    @usableFromInline internal let reader: any PayloadFormat

    /// What the bytes are; nil for the data of a binary frame.
    @inlinable public var format: (any PayloadFormat)? { isBinary ? nil : reader }

    /// A payload of bytes in `format`.
    ///
    /// The bytes are taken at their word: serializers check them first.
    @inlinable
    public init(_ bytes: Bytes, format: any PayloadFormat) {
        self.bytes = bytes
        isBinary = false
        reader = format
    }

    /// A payload of binary data.
    @inlinable
    public init(binary bytes: Bytes) {
        self.bytes = bytes
        isBinary = true
        reader = BinaryData()
    }

    /// Decodes the payload as `type`.
    ///
    /// - Throws: `PhoenixError` with the code `.decoding`, whose cause is the format's own error; also for binary data.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(PhoenixError) -> Value {
        let format = try requireFormat("a \(type)")
        do {
            return try format.decode(type, from: bytes)
        } catch {
            throw PhoenixError(
                .decoding,
                "Expected a payload that reads as \(type), got \(bytes) of \(format.name) that do not: "
                    + "\(PhoenixError.words(of: error)). "
                    + "Compare the type with what the server sends.",
                cause: error
            )
        }
    }

    /// The payload as a dynamic value.
    ///
    /// Binary data is `.bytes`.
    ///
    /// - Throws: `PhoenixError` with the code `.decoding`.
    public func value() throws(PhoenixError) -> Value {
        do {
            return try reader.value(of: bytes)
        } catch {
            throw PhoenixError(
                .decoding,
                "Expected a payload in \(reader.name), got \(bytes) that do not read as such: "
                    + "\(PhoenixError.words(of: error)).",
                cause: error
            )
        }
    }

    /// The member `key` of an object, as a payload of its own; nil when there is none or this is no object.
    @inlinable
    public subscript(key: String) -> Payload? {
        guard let member = reader.member(key, of: bytes) else { return nil }
        return Payload(member, format: reader)
    }

    /// The element at `index` of an array, as a payload of its own; nil when there is none or this is no array.
    @inlinable
    public subscript(index: Int) -> Payload? {
        guard let element = reader.element(index, of: bytes) else { return nil }
        return Payload(element, format: reader)
    }

    /// The whole number this is, or nil: another kind of value, a fraction, or a number beyond `Int64`.
    @inlinable public var integer: Int64? { reader.integer(of: bytes) }

    /// The number this is, or nil when it is none.
    @inlinable public var double: Double? { reader.double(of: bytes) }

    /// The string this is, or nil when it is none.
    @inlinable public var string: String? { reader.string(of: bytes) }

    /// The boolean this is, or nil when it is none.
    @inlinable public var boolean: Bool? { reader.boolean(of: bytes) }

    /// Whether this is null.
    @inlinable public var isNull: Bool { reader.isNull(bytes) }

    /// The same payload in storage of its own.
    public func compacted() -> Payload {
        replacing(bytes.compacted())
    }

    /// A payload of the same kind with these bytes.
    func replacing(_ bytes: Bytes) -> Payload {
        isBinary ? Payload(binary: bytes) : Payload(bytes, format: reader)
    }

    private func requireFormat(_ wanted: @autoclosure () -> String) throws(PhoenixError) -> any PayloadFormat {
        guard let format else {
            throw PhoenixError(
                .decoding,
                "Expected \(wanted()), got the \(bytes) of a binary frame, which have no format. Read payload.bytes."
            )
        }
        return format
    }
}

/// Binary data, seen as a format: it reads as nothing but its bytes.
@usableFromInline
internal struct BinaryData: PayloadFormat {
    private struct Unreadable: Error, CustomStringConvertible {
        var description: String { "binary data has no format" }
    }

    @usableFromInline init() {}

    @usableFromInline var name: String { "binary data" }

    @usableFromInline func encode<Value: Encodable>(_ value: Value) throws -> Bytes { throw Unreadable() }
    @usableFromInline func encode(value: Value) throws -> Bytes { throw Unreadable() }

    @usableFromInline
    func decode<Value: Decodable>(_ type: Value.Type, from bytes: Bytes) throws -> Value { throw Unreadable() }

    @usableFromInline func value(of bytes: Bytes) throws -> Value { .bytes(bytes) }
    @usableFromInline func member(_ key: String, of bytes: Bytes) -> Bytes? { nil }
    @usableFromInline func element(_ index: Int, of bytes: Bytes) -> Bytes? { nil }
}

extension Payload: Hashable {
    public static func == (left: Payload, right: Payload) -> Bool {
        left.bytes == right.bytes && left.isBinary == right.isBinary && left.reader.name == right.reader.name
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(bytes)
        hasher.combine(isBinary)
        hasher.combine(reader.name)
    }
}

extension Payload: CustomStringConvertible {
    /// The kind and the size of the payload; its content may be private and is left out.
    public var description: String { "\(bytes) of \(reader.name)" }
}
