/// An extension of the WebSocket protocol that changes the bytes of messages (RFC 6455 section 9): permessage-deflate
/// and its like.
public protocol WireExtension: Sendable {
    /// The extension's name, such as `permessage-deflate`.
    var name: String { get }
    /// What goes into `Sec-WebSocket-Extensions`, name and parameters.
    var offer: String { get }

    /// Judges the server's answer to the offer.
    ///
    /// - Parameters:
    ///   - answer: the server's words for this extension; nil when it did not take up the offer.
    ///   - limits: how much one message may inflate to.
    /// - Returns: the codec of one connection; nil when the extension is not in use.
    /// - Throws: `PhoenixError` with `.upgradeInvalid` when the answer does not fit the offer; the connection fails.
    func accept(_ answer: String?, limits: ConnectionLimits) throws -> (any WireCodec)?
}

/// What an extension does to the messages of one connection.
///
/// Owned by the transport and used by one task at a time.
public protocol WireCodec {
    /// Encodes a message that is about to be sent; `transformed` says whether RSV1 is to be set.
    mutating func encode(_ message: Bytes, kind: Frame.Kind) throws -> (bytes: Bytes, transformed: Bool)

    /// Decodes one part of a message that arrived with RSV1 set and appends the result to `message`.
    ///
    /// Throws `.limitExceeded` while the result grows beyond its bounds, not after.
    mutating func decode(_ part: Bytes, isLast: Bool, into message: inout [UInt8]) throws
}
