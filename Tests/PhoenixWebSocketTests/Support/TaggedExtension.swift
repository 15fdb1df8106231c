internal import PhoenixKit

/// An extension for tests: it turns the bits of messages round, and takes any answer but one with `bad` in it.
struct TaggedExtension: WireExtension {
    var name = "x-invert"
    var offer: String { "\(name); level=1" }

    func accept(_ answer: String?, limits: ConnectionLimits) throws -> (any WireCodec)? {
        guard let answer else { return nil }
        guard !answer.contains("bad") else { throw PhoenixError(.upgradeInvalid, "Expected another answer.") }
        return Codec(limit: limits.inflatedMessage)
    }

    struct Codec: WireCodec {
        let limit: Int

        /// Messages of less than three bytes are left alone.
        func encode(_ message: Bytes, kind: Frame.Kind) throws -> (bytes: Bytes, transformed: Bool) {
            guard message.count > 2 else { return (message, false) }
            return (Bytes(message.map { ~$0 }), true)
        }

        func decode(_ part: Bytes, isLast: Bool, into message: inout [UInt8]) throws {
            guard message.count + part.count <= limit else { throw PhoenixError(.limitExceeded, "Too long.") }
            message += part.map { ~$0 }
        }
    }
}
