/// What a message carries: bytes, and the format that gives them meaning.
///
/// Nothing is decoded until it is asked for. `payload.decode(Chat.self)` reads a `Decodable`,
/// `payload["user"]?["id"]?.integer` walks to one field without building a tree, and `payload.value` is the whole
/// as a dynamic value. The payload of a V2 binary frame has no format: it is `binary`, its bytes are all there is.
public struct Payload: Sendable {
    /// The bytes as they are on the wire: one whole JSON value, for example, or the data of a binary frame.
    public let bytes: Bytes
    /// What the bytes are; nil for the data of a binary frame.
    public let format: (any PayloadFormat)?

    /// A payload of bytes in `format`.
    ///
    /// The bytes are taken at their word: serializers check them first.
    @inlinable
    public init(_ bytes: Bytes, format: any PayloadFormat) {
        self.bytes = bytes
        self.format = format
    }

    /// A payload of binary data.
    @inlinable
    public init(binary bytes: Bytes) {
        self.bytes = bytes
        self.format = nil
    }

    /// Whether this is binary data without a format.
    @inlinable public var isBinary: Bool { format == nil }

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
        guard let format else { return .bytes(bytes) }
        do {
            return try format.value(of: bytes)
        } catch {
            throw PhoenixError(
                .decoding,
                "Expected a payload in \(format.name), got \(bytes) that do not read as such: "
                    + "\(PhoenixError.words(of: error)).",
                cause: error
            )
        }
    }

    /// The member `key` of an object, as a payload of its own; nil when there is none or this is no object.
    @inlinable
    public subscript(key: String) -> Payload? {
        guard let format, let member = format.member(key, of: bytes) else { return nil }
        return Payload(member, format: format)
    }

    /// The element at `index` of an array, as a payload of its own; nil when there is none or this is no array.
    @inlinable
    public subscript(index: Int) -> Payload? {
        guard let format, let element = format.element(index, of: bytes) else { return nil }
        return Payload(element, format: format)
    }

    /// The whole number this is, or nil: another kind of value, a fraction, or a number beyond `Int64`.
    @inlinable public var integer: Int64? { format?.integer(of: bytes) }

    /// The number this is, or nil when it is none.
    @inlinable public var double: Double? { format?.double(of: bytes) }

    /// The string this is, or nil when it is none.
    @inlinable public var string: String? { format?.string(of: bytes) }

    /// The boolean this is, or nil when it is none.
    @inlinable public var boolean: Bool? { format?.boolean(of: bytes) }

    /// Whether this is null.
    @inlinable public var isNull: Bool { format?.isNull(bytes) ?? false }

    /// The same payload in storage of its own.
    public func compacted() -> Payload {
        format.map { Payload(bytes.compacted(), format: $0) } ?? Payload(binary: bytes.compacted())
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

extension Payload: Hashable {
    public static func == (left: Payload, right: Payload) -> Bool {
        left.bytes == right.bytes && left.format?.name == right.format?.name
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(bytes)
        hasher.combine(format?.name)
    }
}

extension Payload: CustomStringConvertible {
    /// The kind and the size of the payload; its content may be private and is left out.
    public var description: String { "\(bytes) of \(format?.name ?? "binary data")" }
}
