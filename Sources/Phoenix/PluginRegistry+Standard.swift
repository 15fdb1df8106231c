internal import PhoenixJSON
public import PhoenixKit
internal import PhoenixWebSocket

extension PluginRegistry {
    /// The plug-ins of this package: the transport `websocket`, and the serializer `json` in the versions 2.0.0 and 1.0.0.
    public static let standard: PluginRegistry = {
        var registry = PluginRegistry()
        registry.register(TransportPlugin.webSocket)
        registry.register(SerializerPlugin.json)
        return registry
    }()
}
