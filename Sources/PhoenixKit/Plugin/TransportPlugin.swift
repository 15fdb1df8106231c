/// How a transport is registered: its name, its schemes, and how one is made.
///
///     registry.register(TransportPlugin(name: "carrier", schemes: .http) { _ in CarrierTransport() })
public struct TransportPlugin: Sendable {
    /// The name in options, which is also the last component of the URLs the transport serves.
    public var name: String
    /// The schemes the transport speaks; `ws`, `http` and their secure twins are translated to them.
    public var schemes: TransportCapabilities.Schemes
    /// The keys of string options the plug-in understands, beyond the registry's own.
    public var optionKeys: Set<String>
    /// Makes a transport for one endpoint.
    ///
    /// Throws when an option's value is not understood.
    public var make: @Sendable (PluginRequest) throws -> any Transport

    /// A plug-in that `make` makes transports for.
    public init(
        name: String,
        schemes: TransportCapabilities.Schemes,
        optionKeys: Set<String> = [],
        make: @escaping @Sendable (PluginRequest) throws -> any Transport
    ) {
        self.name = name
        self.schemes = schemes
        self.optionKeys = optionKeys
        self.make = make
    }
}

/// How a serializer is registered.
public struct SerializerPlugin: Sendable {
    /// The name in options.
    public var name: String
    /// The versions it speaks, the preferred one first, such as `["2.0.0", "1.0.0"]`.
    public var versions: [String]
    /// The keys of string options the plug-in understands, beyond the registry's own.
    public var optionKeys: Set<String>
    /// Makes a serializer of one of the versions.
    ///
    /// Throws when an option's value is not understood.
    public var make: @Sendable (_ version: String, PluginRequest) throws -> any Serializer

    /// A plug-in that `make` makes serializers for.
    public init(
        name: String,
        versions: [String],
        optionKeys: Set<String> = [],
        make: @escaping @Sendable (_ version: String, PluginRequest) throws -> any Serializer
    ) {
        self.name = name
        self.versions = versions
        self.optionKeys = optionKeys
        self.make = make
    }
}

/// How a wire extension is registered.
public struct WireExtensionPlugin: Sendable {
    /// The name in options, such as `permessage-deflate`.
    public var name: String
    /// The keys of string options the plug-in understands, beyond the registry's own.
    public var optionKeys: Set<String>
    /// Makes an extension.
    ///
    /// Throws when an option's value is not understood.
    public var make: @Sendable (PluginRequest) throws -> any WireExtension

    /// A plug-in that `make` makes extensions for.
    public init(
        name: String,
        optionKeys: Set<String> = [],
        make: @escaping @Sendable (PluginRequest) throws -> any WireExtension
    ) {
        self.name = name
        self.optionKeys = optionKeys
        self.make = make
    }
}

/// What a plug-in is told when it is asked to make something.
public struct PluginRequest: Sendable {
    /// Where the connection is to lead.
    public var endpoint: Endpoint
    /// The string options whose keys the plug-in declared.
    public var options: [String: String]

    /// A request for what leads to `endpoint`.
    public init(endpoint: Endpoint, options: [String: String]) {
        self.endpoint = endpoint
        self.options = options
    }
}
