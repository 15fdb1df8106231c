internal import PhoenixDeflate
internal import PhoenixJSON
public import PhoenixKit
internal import PhoenixLongPoll
internal import PhoenixWebSocket

extension PluginRegistry {
    /// The plug-ins of this package: the transports `websocket` and `longpoll`, the serializer `json` in the versions 2.0.0 and
    /// 1.0.0, and the extension `permessage-deflate`, which is off until it is asked for.
    public static let standard: PluginRegistry = {
        var registry = PluginRegistry()
        registry.register(TransportPlugin.webSocket)
        registry.register(TransportPlugin.longPoll)
        registry.register(SerializerPlugin.json)
        registry.register(WireExtensionPlugin.permessageDeflate)
        return registry
    }()
}
