/// The transports, serializers and wire extensions that an endpoint and options can choose from.
///
/// A value: a copy may be changed without the original's knowledge. `PluginRegistry.standard` of the product `Phoenix` holds
/// the plug-ins of this package; one who does without that product starts from `.empty` and registers what is wanted.
public struct PluginRegistry: Sendable {
    /// The transports, in the order of registration.
    public private(set) var transports: [TransportPlugin] = []
    /// The serializers, in the order of registration; the first is the default.
    public private(set) var serializers: [SerializerPlugin] = []
    /// The wire extensions, in the order of registration.
    public private(set) var wireExtensions: [WireExtensionPlugin] = []

    /// Creates a registry that knows nothing.
    public init() {}

    /// A registry that knows nothing.
    public static let empty = PluginRegistry()

    /// Adds a transport, or replaces the one of that name.
    public mutating func register(_ plugin: TransportPlugin) {
        Self.put(plugin, in: &transports) { $0.name == plugin.name }
    }

    /// Adds a serializer, or replaces the one of that name.
    public mutating func register(_ plugin: SerializerPlugin) {
        Self.put(plugin, in: &serializers) { $0.name == plugin.name }
    }

    /// Adds a wire extension, or replaces the one of that name.
    public mutating func register(_ plugin: WireExtensionPlugin) {
        Self.put(plugin, in: &wireExtensions) { $0.name == plugin.name }
    }

    /// Removes the transport called `name`.
    ///
    /// Returns whether there was one.
    @discardableResult
    public mutating func removeTransport(named name: String) -> Bool {
        Self.remove(from: &transports) { $0.name == name }
    }

    /// Removes the serializer called `name`.
    ///
    /// Returns whether there was one.
    @discardableResult
    public mutating func removeSerializer(named name: String) -> Bool {
        Self.remove(from: &serializers) { $0.name == name }
    }

    /// Removes the wire extension called `name`.
    ///
    /// Returns whether there was one.
    @discardableResult
    public mutating func removeWireExtension(named name: String) -> Bool {
        Self.remove(from: &wireExtensions) { $0.name == name }
    }

    /// The keys of all string options that are understood: the registry's own, and those of its plug-ins.
    public var optionKeys: Set<String> {
        Set(["transport", "serializer", "vsn", "version", "compression", "proxy", "no-proxy"])
            .union(transports.flatMap(\.optionKeys))
            .union(serializers.flatMap(\.optionKeys))
            .union(wireExtensions.flatMap(\.optionKeys))
    }

    private static func put<Plugin>(_ plugin: Plugin, in plugins: inout [Plugin], replacing isSame: (Plugin) -> Bool) {
        if let index = plugins.firstIndex(where: isSame) {
            plugins[index] = plugin
        } else {
            plugins.append(plugin)
        }
    }

    private static func remove<Plugin>(from plugins: inout [Plugin], where isIt: (Plugin) -> Bool) -> Bool {
        let count = plugins.count
        plugins.removeAll(where: isIt)
        return plugins.count < count
    }
}
