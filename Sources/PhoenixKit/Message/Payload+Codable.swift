extension CodingUserInfoKey {
    /// The format that is being decoded, an `any PayloadFormat`, where a format's decoder says so.
    public static let payloadFormat = CodingUserInfoKey(rawValue: "PhoenixKit.payloadFormat")
}

/// A payload as a part of another: decoded later, or passed on as it came.
///
/// A payload can be decoded from formats of this library, whose decoders put themselves in `userInfo`, and encoded in any.
extension Payload: Codable {
    public init(from decoder: any Decoder) throws {
        let key = CodingUserInfoKey.payloadFormat
        guard let format = key.flatMap({ decoder.userInfo[$0] }) as? any PayloadFormat else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: decoder.codingPath,
                    debugDescription: "Expected a decoder that names its PayloadFormat in userInfo."
                )
            )
        }
        self.init(try format.encode(value: Value(from: decoder)), format: format)
    }

    public func encode(to encoder: any Encoder) throws {
        try value().encode(to: encoder)
    }
}
