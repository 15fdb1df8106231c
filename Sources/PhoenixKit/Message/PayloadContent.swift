/// What a caller wants to send as a payload, before a format turned it into bytes.
///
/// Literals are contents (`["body": "hi"]`), and so is any `Encodable & Sendable` value or binary data:
///
///     try socket.push("room:1", "new_msg", ["body": "hi"])
///     try socket.push("room:1", "new_msg", .encoding(ChatMessage(body: "hi")))
///     try socket.push("room:1", "upload", .binary(bytes))
public struct PayloadContent: Sendable {
    private enum Storage: Sendable {
        case value(Value)
        case encodable(any Encodable & Sendable)
        case binary(Bytes)
        case payload(Payload)
    }

    private let storage: Storage

    /// A dynamic value.
    public static func value(_ value: Value) -> PayloadContent { PayloadContent(storage: .value(value)) }

    /// A value that is encoded when the message is made.
    public static func encoding(_ value: some Encodable & Sendable) -> PayloadContent {
        PayloadContent(storage: .encodable(value))
    }

    /// Binary data, sent as a binary frame.
    public static func binary(_ bytes: Bytes) -> PayloadContent { PayloadContent(storage: .binary(bytes)) }

    /// A payload that was received or made before.
    ///
    /// It is decoded and encoded again if the format is another one.
    public static func payload(_ payload: Payload) -> PayloadContent { PayloadContent(storage: .payload(payload)) }

    /// Encodes the content in `format`.
    ///
    /// - Throws: `PhoenixError` with the code `.encoding`, whose cause is the format's own error.
    public func encode(in format: any PayloadFormat) throws(PhoenixError) -> Payload {
        do {
            switch storage {
            case .value(let value): return Payload(try format.encode(value: value), format: format)
            case .encodable(let value): return Payload(try format.encode(value), format: format)
            case .binary(let bytes): return Payload(binary: bytes)
            case .payload(let payload) where payload.isBinary || payload.format?.name == format.name: return payload
            case .payload(let payload): return Payload(try format.encode(value: payload.value()), format: format)
            }
        } catch {
            throw PhoenixError(
                .encoding,
                "Expected a payload that \(format.name) can express, got one that it cannot: "
                    + "\(PhoenixError.words(of: error)). "
                    + "Nothing was sent; change the value.",
                cause: error
            )
        }
    }
}

extension PayloadContent: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    public init(nilLiteral: ()) { self = .value(.null) }
    public init(booleanLiteral value: Bool) { self = .value(.boolean(value)) }
    public init(integerLiteral value: Int64) { self = .value(.signed(value)) }
    public init(floatLiteral value: Double) { self = .value(.double(value)) }
    public init(stringLiteral value: String) { self = .value(.string(value)) }
    public init(arrayLiteral elements: Value...) { self = .value(.array(elements)) }

    public init(dictionaryLiteral elements: (String, Value)...) {
        self = .value(.object(Dictionary(elements, uniquingKeysWith: { _, last in last })))
    }
}
