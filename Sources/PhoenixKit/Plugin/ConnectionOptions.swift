/// Which transport, serializer and extensions to use with an endpoint, typed or as strings from a configuration.
///
///     ConnectionOptions(transport: .instance(WebSocketTransport()), serializer: .named("json"))
///     ["transport": "longpoll", "serializer": "json", "vsn": "1.0.0"] as ConnectionOptions
///
/// The strings' keys are `transport`, `serializer` (a name, with `+` and the names of extensions behind it, or an extension
/// alone), `vsn` or `version`, `compression` (an extension, or `none`), `proxy` (`environment`, `none`, or a URL such as
/// `http://user:password@proxy.example.org:3128`), `no-proxy` (what is reached without it, as in `NO_PROXY`), and those of
/// the plug-ins. They are checked when the options are resolved.
public struct ConnectionOptions: Sendable {
    /// A transport, by name or made already.
    public enum TransportChoice: Sendable {
        /// The registered one of this name.
        case named(String)
        /// This one.
        case instance(any Transport)
    }

    /// A serializer, by name or made already.
    public enum SerializerChoice: Sendable {
        /// The registered one of this name.
        case named(String)
        /// This one.
        case instance(any Serializer)
    }

    /// A wire extension, by name or made already.
    public enum ExtensionChoice: Sendable {
        /// The registered one of this name.
        case named(String)
        /// This one.
        case instance(any WireExtension)
    }

    /// Nil: the endpoint's suffix decides.
    public var transport: TransportChoice?
    /// Nil: the first serializer registered.
    public var serializer: SerializerChoice?
    /// The `vsn`.
    ///
    /// Nil: the URL's, or else the serializer's preferred one, 2.0.0 for JSON.
    public var version: String?
    /// The extensions to offer.
    public var wireExtensions: [ExtensionChoice]
    /// Which proxy to go through.
    ///
    /// Nil: what `SocketConfiguration.proxy` says.
    public var proxy: ProxySettings?
    /// Options as strings.
    ///
    /// What is set above goes before them.
    public var strings: [String: String]

    /// Options; without arguments, those that leave everything to the URL and the registry.
    public init(
        transport: TransportChoice? = nil,
        serializer: SerializerChoice? = nil,
        version: String? = nil,
        wireExtensions: [ExtensionChoice] = [],
        proxy: ProxySettings? = nil,
        strings: [String: String] = [:]
    ) {
        self.transport = transport
        self.serializer = serializer
        self.version = version
        self.wireExtensions = wireExtensions
        self.proxy = proxy
        self.strings = strings
    }
}

extension ConnectionOptions: ExpressibleByDictionaryLiteral {
    /// Of a key written twice the last value counts.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(strings: Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
}

extension ConnectionOptions: CustomStringConvertible, CustomReflectable {
    /// The names of the options alone: that of a proxy may hold a password.
    public var description: String { "options \(strings.keys.sorted().joined(separator: ", "))" }

    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "transport": transport as Any, "serializer": serializer as Any, "version": version as Any,
                "wireExtensions": wireExtensions, "proxy": proxy as Any, "strings": strings.keys.sorted(),
            ]
        )
    }
}
