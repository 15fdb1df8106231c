public import PhoenixKit
public import SwiftProtobuf

extension Payload {
    /// Decodes the payload as a message of Protocol Buffers.
    ///
    /// The data of a binary frame is read as the binary format, JSON as the JSON mapping of Protocol Buffers; so the answer to
    /// a join, which Phoenix writes in JSON more often than not, reads the same way as a push.
    ///
    /// Data says nothing of its type: bytes of another message may read as one of this type, with the wrong fields. Let the
    /// event decide on the type.
    ///
    /// - Parameters:
    ///   - type: the type of the message.
    ///   - depth: how many messages may lie within each other; at least 1.
    ///   - isLenient: whether members of JSON that the type does not have are ignored. The binary format keeps unknown fields.
    /// - Returns: the message.
    /// - Throws: `PhoenixError` with `.decoding`, whose cause is the error of SwiftProtobuf.
    public func decode<Decoded: SwiftProtobuf.Message>(
        protobuf type: Decoded.Type = Decoded.self,
        depth: Int = 100,
        isLenient: Bool = true
    ) throws(PhoenixError) -> Decoded {
        do {
            guard let format else {
                var options = BinaryDecodingOptions()
                options.messageDepthLimit = max(depth, 1)
                return try Decoded(serializedBytes: bytes.array, options: options)
            }
            guard format.name == "JSON" else {
                throw PhoenixError(
                    .decoding,
                    "Expected data of a binary frame or JSON, got \(self). Read payload.value() or payload.decode()."
                )
            }
            var options = JSONDecodingOptions()
            options.messageDepthLimit = max(depth, 1)
            options.ignoreUnknownFields = isLenient
            return try Decoded(jsonUTF8Bytes: bytes.array, options: options)
        } catch let error as PhoenixError {
            throw error
        } catch {
            throw PhoenixError(
                .decoding,
                "Expected a \(Decoded.protoMessageName), got \(self) that do not read as such: \(error). Compare the .proto "
                    + "of both ends, and the type with the event.",
                cause: error
            )
        }
    }
}
