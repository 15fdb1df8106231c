/// A serializer of any type: what a registry resolves to.
public struct AnySerializer: Serializer {
    /// The serializer itself.
    public let base: any Serializer

    /// Erases `serializer`.
    public init(_ base: any Serializer) {
        self.base = base
    }

    public var name: String { base.name }
    public var version: String { base.version }
    public var capabilities: SerializerCapabilities { base.capabilities }
    public var payloadFormat: any PayloadFormat { base.payloadFormat }

    public func encode(_ message: Message, as role: Role) throws -> Frame {
        try base.encode(message, as: role)
    }

    @inlinable
    public func decode(_ frame: Frame, as role: Role) throws -> Message {
        try base.decode(frame, as: role)
    }
}
