extension PluginRegistry {
    /// Options with their strings read.
    struct Choices {
        var transport: ConnectionOptions.TransportChoice?
        var serializer: ConnectionOptions.SerializerChoice?
        var version: String?
        var wireExtensions: [ConnectionOptions.ExtensionChoice]
        var proxy: ProxySettings?
        private let strings: [String: String]

        /// - Throws: `.invalidOption`, `.invalidURL`, `.unknownSerializer`, `.versionConflict`.
        init(_ options: ConnectionOptions, registry: PluginRegistry) throws(PhoenixError) {
            strings = options.strings
            transport = options.transport
            serializer = options.serializer
            version = options.version
            wireExtensions = options.wireExtensions
            proxy = options.proxy
            let known = registry.optionKeys
            if let unknown = strings.keys.sorted().first(where: { !known.contains($0) }) {
                throw PhoenixError(
                    .invalidOption,
                    "Expected the options \(known.sorted().joined(separator: ", ")), got \(unknown). Correct its spelling."
                )
            }
            if transport == nil, let name = strings["transport"] { transport = .named(name) }
            try readVersion()
            try readSerializer(registry)
            if let name = strings["compression"], name != "none" { addExtension(name) }
            if proxy == nil { try readProxy() }
        }

        /// The strings whose keys a plug-in declared.
        func options(for keys: Set<String>) -> [String: String] {
            strings.filter { keys.contains($0.key) }
        }

        private mutating func readVersion() throws(PhoenixError) {
            let given = [version, strings["vsn"], strings["version"]].compactMap { $0 }
            if let one = given.first, let other = given.first(where: { $0 != one }) {
                throw PhoenixError(
                    .versionConflict,
                    "Expected one vsn in the options, got \(one) and \(other). Drop one of them."
                )
            }
            version = given.first
        }

        /// `json`, `json+permessage-deflate`, `permessage-deflate`.
        private mutating func readSerializer(_ registry: PluginRegistry) throws(PhoenixError) {
            guard let text = strings["serializer"] else { return }
            for name in text.split(separator: "+", omittingEmptySubsequences: false).map(String.init) {
                if registry.wireExtensions.contains(where: { $0.name == name }) {
                    addExtension(name)
                } else if registry.serializers.contains(where: { $0.name == name }) {
                    if serializer == nil { serializer = .named(name) }
                } else {
                    let names = registry.serializers.map(\.name) + registry.wireExtensions.map(\.name)
                    throw PhoenixError(
                        .unknownSerializer,
                        "Expected one of the registered serializers, and extensions joined with +, of "
                            + "\(names.isEmpty ? "(none is registered)" : names.joined(separator: ", ")), got \(text)."
                    )
                }
            }
        }

        /// `environment`, `none`, `http://user:password@proxy:3128`; the text may hold a password, and is in no error.
        private mutating func readProxy() throws(PhoenixError) {
            guard let text = strings["proxy"] else {
                guard strings["no-proxy"] == nil else {
                    throw PhoenixError(
                        .invalidOption,
                        "Expected the option proxy beside no-proxy, got no-proxy alone. Set proxy, to environment for one."
                    )
                }
                return
            }
            do {
                proxy = try .option(text, except: ProxyExclusions(strings["no-proxy"] ?? ""))
            } catch {
                throw PhoenixError(
                    error.code,
                    "The option proxy is neither environment, nor none, nor a proxy. \(error.message)"
                )
            }
        }

        private mutating func addExtension(_ name: String) {
            let isThere = wireExtensions.contains {
                switch $0 {
                case .named(let other): other == name
                case .instance(let instance): instance.name == name
                }
            }
            if !isThere { wireExtensions.append(.named(name)) }
        }
    }
}
