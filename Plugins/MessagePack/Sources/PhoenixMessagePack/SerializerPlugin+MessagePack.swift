public import PhoenixKit

extension SerializerPlugin {
    /// MessagePack under the name `messagepack`, as version 2.0.0.
    public static let messagePack = messagePack(version: "2.0.0")

    /// MessagePack under the name `messagepack`, as a version of its own, for sockets that speak JSON as well.
    public static func messagePack(
        version: String,
        limits: MessagePackLimits = MessagePackLimits()
    ) -> SerializerPlugin {
        SerializerPlugin(name: "messagepack", versions: [version]) { version, _ in
            MessagePackSerializer(version: version, limits: limits)
        }
    }
}
