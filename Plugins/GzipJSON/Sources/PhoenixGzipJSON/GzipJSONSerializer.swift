internal import PhoenixJSON
public import PhoenixKit

/// Phoenix messages as JSON of version 2.0.0, each compressed with gzip, in binary frames.
///
/// The serializer `GzipJson` of phoenix_gen_socket_client. Every message is compressed by itself, also where that makes it
/// larger; permessage-deflate, which PhoenixKit brings, shrinks more and needs no serializer on the server. Payloads are JSON;
/// binary data has no place. All errors are `PhoenixError`: those of `JSONSerializer`, `.decoding` for what is no gzip,
/// `.limitExceeded` for what inflates beyond `limits`.
public struct GzipJSONSerializer: Serializer {
    /// The `vsn` sent to the server.
    public let version: String
    /// How large a message may become.
    public let limits: GzipLimits
    /// How hard zlib tries: 0 (not at all) to 9.
    public let level: Int

    /// - Parameters:
    ///   - version: the `vsn` sent to the server, by which Phoenix picks the serializer: one of its own where the socket
    ///     speaks plain JSON as well.
    ///   - limits: how large a message may become.
    ///   - level: how hard zlib tries: 0 (not at all) to 9; values outside count as the nearest.
    public init(version: String = "2.0.0", limits: GzipLimits = GzipLimits(), level: Int = 6) {
        self.version = version
        self.limits = limits
        self.level = level
    }

    public var name: String { "gzip-json" }

    public var capabilities: SerializerCapabilities {
        SerializerCapabilities(emits: [.binary], accepts: [.binary], isLineBatchable: false)
    }

    public var payloadFormat: any PayloadFormat { JSONFormat() }

    /// Encodes `message`, alike for both roles.
    ///
    /// - Throws: `PhoenixError` with `.encoding`.
    public func encode(_ message: Message, as role: Role) throws(PhoenixError) -> Frame {
        guard !message.payload.isBinary else {
            throw PhoenixError(
                .encoding,
                "Expected a payload of JSON, got the \(message.payload.bytes) of a binary one, which compressed JSON cannot "
                    + "carry. Encode it into the JSON, or use JSONSerializer.v2."
            )
        }
        let plain = try JSONSerializer.v2.encode(message, as: role).bytes
        guard plain.count <= limits.size, let bytes = Gzip.compress(plain, level: level) else {
            throw PhoenixError(
                .encoding,
                "Expected a message of at most \(limits.size) bytes, got \(plain). Send less at a time, or raise the limits "
                    + "of the serializer."
            )
        }
        return .binary(bytes)
    }

    /// Decodes a frame, alike for both roles.
    ///
    /// - Throws: `PhoenixError` with `.decoding` or `.limitExceeded`.
    public func decode(_ frame: Frame, as role: Role) throws(PhoenixError) -> Message {
        guard frame.kind == .binary else {
            throw PhoenixError(
                .decoding,
                "Expected a binary frame of gzip, got \(frame.bytes) of text. Compare the serializers of both ends."
            )
        }
        return try JSONSerializer.v2.decode(.text(Gzip.inflate(frame.bytes, within: limits)), as: role)
    }
}
