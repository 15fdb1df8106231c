/// Turns messages into frames and back: the plug-in that fixes the protocol's version on the wire.
///
/// A serializer is a value without state, called from several tasks at once. Whatever the peer sends, `decode` answers
/// or throws; it never traps, and its cost is linear in the size of the frame.
public protocol Serializer: Sendable {
    /// The serializer's name in options and errors, such as `json`.
    var name: String { get }
    /// The `vsn` sent to the server, such as `2.0.0` (Phoenix.Socket: `vsn` is matched with `~>`).
    var version: String { get }
    /// Which kinds of frame it writes and reads.
    var capabilities: SerializerCapabilities { get }
    /// What the bytes of a payload are.
    var payloadFormat: any PayloadFormat { get }

    /// Encodes `message` as `role` would send it.
    ///
    /// Throws when the message does not fit the wire: a name beyond 255 bytes in a V2 binary frame, for one.
    func encode(_ message: Message, as role: Role) throws -> Frame

    /// Decodes a frame that `role` received, that is, one which the other role sent.
    ///
    /// The result may share the storage of the frame. Throws when the frame is malformed.
    func decode(_ frame: Frame, as role: Role) throws -> Message
}

/// Which end of the connection encodes or decodes.
///
/// The two write pushes differently: in V2's binary frames a client's push has five header bytes and a server's has
/// four.
public enum Role: Sendable, Hashable, CaseIterable {
    /// The client's end.
    case client
    /// The server's end.
    case server

    /// The other end.
    @inlinable public var peer: Role { self == .client ? .server : .client }
}

/// Which frames a serializer deals in.
public struct SerializerCapabilities: Sendable, Hashable {
    /// The kinds of frame it may write.
    public var emits: Set<Frame.Kind>
    /// The kinds of frame it reads.
    public var accepts: Set<Frame.Kind>
    /// Whether its text frames may be sent as the lines of one request body: each starts with `[` and holds no line
    /// break.
    ///
    /// Long polling sends one message per request otherwise.
    public var isLineBatchable: Bool

    /// Capabilities of these parts.
    public init(emits: Set<Frame.Kind>, accepts: Set<Frame.Kind>, isLineBatchable: Bool) {
        self.emits = emits
        self.accepts = accepts
        self.isLineBatchable = isLineBatchable
    }
}
