public import PhoenixKit
public import SwiftProtobuf

extension PayloadContent {
    /// A message of Protocol Buffers, sent as the data of a binary frame.
    ///
    /// The message is serialized at once, so that a change of it afterwards changes nothing of what is sent.
    ///
    /// - Throws: `PhoenixError` with `.encoding`, whose cause is the error of SwiftProtobuf: a required field without a value
    ///   (proto2), or more than 2 GiB.
    public static func protobuf(_ message: some SwiftProtobuf.Message) throws(PhoenixError) -> PayloadContent {
        do {
            let bytes: [UInt8] = try message.serializedBytes()
            return .binary(Bytes(bytes))
        } catch {
            throw PhoenixError(
                .encoding,
                "Expected a \(type(of: message).protoMessageName) that can be serialized, got one that cannot: \(error). "
                    + "Nothing was sent; set its required fields.",
                cause: error
            )
        }
    }
}
