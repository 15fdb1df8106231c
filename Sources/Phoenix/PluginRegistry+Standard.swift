internal import PhoenixJSON
public import PhoenixKit
internal import PhoenixLongPoll
internal import PhoenixWebSocket

extension PluginRegistry {
    /// The plug-ins of this package: the transports `websocket` and `longpoll`, and the serializer `json` in the versions
    /// 2.0.0 and 1.0.0.
    public static let standard: PluginRegistry = {
        var registry = PluginRegistry()
        registry.register(TransportPlugin.webSocket)
        registry.register(TransportPlugin.longPoll)
        registry.register(SerializerPlugin.json)
        return registry
    }()
}
