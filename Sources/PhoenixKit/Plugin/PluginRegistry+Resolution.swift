extension PluginRegistry {
    /// Chooses the transport and the serializer for `endpoint` and checks that they fit each other.
    ///
    /// 1. The last component of the path names the transport. Where it names none that is registered, the options' transport is
    ///    taken and its name is appended as the suffix.
    /// 2. `ws`, `http` and their secure twins are translated to the transport's schemes. The caller's query stays.
    /// 3. `vsn` in the query or the options picks the serializer's version; where both are given they must agree.
    /// 4. Options are typed, or strings.
    /// 5. A pair that cannot work is refused.
    ///
    /// - Throws: `PhoenixError` with `.unknownTransport`, `.unknownSerializer`, `.unknownExtension`, `.invalidOption`, `.invalidURL`,
    ///   `.versionConflict` or `.incompatible`; what is registered is listed in the text.
    public func resolve(
        _ endpoint: Endpoint,
        _ options: ConnectionOptions = [:],
        parameters: Parameters = [:]
    ) throws(PhoenixError) -> Resolution<AnyTransport, AnySerializer> {
        let choices = try Choices(options, registry: self)
        let (transport, located) = try transport(for: endpoint, choices)
        let capabilities = transport.capabilities
        guard let url = located.translated(to: capabilities.schemes) else {
            throw PhoenixError(
                .invalidURL,
                "Expected one of the schemes ws, wss, http, https, \(capabilities.schemes.plain) and "
                    + "\(capabilities.schemes.secure) for the transport \(capabilities.name), got \(endpoint.scheme)."
            )
        }
        let serializer = try serializer(for: url.appending(parameters.items), choices)
        try Self.check(serializer.name, serializer.capabilities, with: capabilities)
        var notes = Self.notes(on: serializer, with: capabilities)
        var extensions = try wireExtensions(for: url, choices)
        if !extensions.isEmpty, !capabilities.supportsWireExtensions {
            notes.append(
                "\(extensions.map(\.name).joined(separator: ", ")) does not apply to the transport \(capabilities.name), "
                    + "which has no wire extensions; messages are sent as they are."
            )
            extensions = []
        }
        return Resolution(
            transport: AnyTransport(transport),
            serializer: AnySerializer(serializer),
            url: try url.completed(with: parameters, version: serializer.version),
            wireExtensions: extensions,
            proxy: choices.proxy,
            notes: notes
        )
    }

    // MARK: The transport

    private func transport(
        for endpoint: Endpoint,
        _ choices: Choices
    ) throws(PhoenixError) -> (any Transport, Endpoint) {
        let suffix = endpoint.lastPathComponent
        if case .instance(let transport) = choices.transport {
            let name = transport.capabilities.name
            if let suffix, suffix != name, transports.contains(where: { $0.name == suffix }) {
                throw contradiction(suffix, name)
            }
            return (transport, suffix == name ? endpoint : endpoint.appendingSuffix(name))
        }
        var chosen: String?
        if case .named(let name) = choices.transport { chosen = name }
        if let suffix, let plugin = transports.first(where: { $0.name == suffix }) {
            if let chosen, chosen != suffix { throw contradiction(suffix, chosen) }
            return (try make(plugin, endpoint, choices), endpoint)
        }
        guard let chosen else {
            throw PhoenixError(
                .unknownTransport,
                "Expected a URL that ends in one of \(Self.list(transports.map { "/" + $0.name })), or the option transport, "
                    + "got \(endpoint.redacted) and no such option. Append the suffix, or set the option."
            )
        }
        guard let plugin = transports.first(where: { $0.name == chosen }) else {
            throw PhoenixError(
                .unknownTransport,
                "Expected one of the registered transports \(Self.list(transports.map(\.name))), got \(chosen). "
                    + "Register it, or choose another."
            )
        }
        return (try make(plugin, endpoint, choices), endpoint.appendingSuffix(chosen))
    }

    private func make(
        _ plugin: TransportPlugin,
        _ endpoint: Endpoint,
        _ choices: Choices
    ) throws(PhoenixError) -> any Transport {
        try Self.typed("transport", plugin.name) {
            try plugin.make(PluginRequest(endpoint: endpoint, options: choices.options(for: plugin.optionKeys)))
        }
    }

    private func contradiction(_ suffix: String, _ chosen: String) -> PhoenixError {
        PhoenixError(
            .invalidOption,
            "Expected the URL's suffix and the option transport to agree, got /\(suffix) and \(chosen). Drop one of them."
        )
    }

    // MARK: The serializer

    private func serializer(for endpoint: Endpoint, _ choices: Choices) throws(PhoenixError) -> any Serializer {
        // Of a name given twice the server takes the last (Plug.Conn.Query).
        let inURL = endpoint.queryItems.last { $0.name == "vsn" }?.value
        if let inURL, let chosen = choices.version, !Endpoint.version(inURL, fits: chosen) {
            throw PhoenixError(
                .versionConflict,
                "Expected the URL and the options to ask for the same vsn, got \(inURL) and \(chosen). Drop one of them."
            )
        }
        let asked = inURL ?? choices.version
        if case .instance(let serializer) = choices.serializer {
            if let asked, !Endpoint.version(asked, fits: serializer.version) {
                throw PhoenixError(
                    .versionConflict,
                    "Expected vsn \(serializer.version), which the given serializer speaks, got \(asked). Drop one of them."
                )
            }
            return serializer
        }
        let plugin = try serializerPlugin(choices)
        let version: String
        if let asked {
            guard let fitting = plugin.versions.first(where: { Endpoint.version(asked, fits: $0) }) else {
                throw PhoenixError(
                    .unknownSerializer,
                    "Expected one of the versions \(Self.list(plugin.versions)) of the serializer \(plugin.name), got \(asked)."
                )
            }
            version = fitting
        } else {
            version = plugin.versions.first ?? "2.0.0"
        }
        return try Self.typed("serializer", plugin.name) {
            try plugin.make(
                version,
                PluginRequest(endpoint: endpoint, options: choices.options(for: plugin.optionKeys))
            )
        }
    }

    private func serializerPlugin(_ choices: Choices) throws(PhoenixError) -> SerializerPlugin {
        var chosen: String?
        if case .named(let name) = choices.serializer { chosen = name }
        guard let plugin = chosen.map({ name in serializers.first { $0.name == name } }) ?? serializers.first else {
            throw PhoenixError(
                .unknownSerializer,
                "Expected one of the registered serializers \(Self.list(serializers.map(\.name))), "
                    + "got \(chosen ?? "none"). Register it, or choose another."
            )
        }
        return plugin
    }

    // MARK: Extensions

    private func wireExtensions(
        for endpoint: Endpoint,
        _ choices: Choices
    ) throws(PhoenixError) -> [any WireExtension] {
        var result: [any WireExtension] = []
        for choice in choices.wireExtensions {
            switch choice {
            case .instance(let instance): result.append(instance)
            case .named(let name):
                guard let plugin = wireExtensions.first(where: { $0.name == name }) else {
                    throw PhoenixError(
                        .unknownExtension,
                        "Expected one of the registered extensions \(Self.list(wireExtensions.map(\.name))), got \(name). "
                            + "Register it, or choose another."
                    )
                }
                let made = try Self.typed("extension", name) {
                    try plugin.make(
                        PluginRequest(endpoint: endpoint, options: choices.options(for: plugin.optionKeys))
                    )
                }
                result.append(made)
            }
        }
        return result
    }

    // MARK: Pairs

    private static func check(
        _ name: String,
        _ serializer: SerializerCapabilities,
        with transport: TransportCapabilities
    ) throws(PhoenixError) {
        guard serializer.emits.isDisjoint(with: transport.upstream) else {
            guard serializer.accepts.isDisjoint(with: transport.downstream) else { return }
            throw PhoenixError(
                .incompatible,
                "Expected a serializer that reads \(list(transport.downstream)) frames, which is what the transport "
                    + "\(transport.name) brings from the server, got \(name), which reads \(list(serializer.accepts)) alone. "
                    + "Choose another serializer, or another transport."
            )
        }
        throw PhoenixError(
            .incompatible,
            "Expected a serializer that writes \(list(transport.upstream)) frames, which is what the transport "
                + "\(transport.name) carries, got \(name), which writes \(list(serializer.emits)) alone. "
                + "Choose another serializer, or another transport."
        )
    }

    private static func notes(
        on serializer: any Serializer,
        with transport: TransportCapabilities
    ) -> [String] {
        let lost = serializer.capabilities.accepts.subtracting(transport.downstream)
        guard !lost.isEmpty else { return [] }
        return ["The transport \(transport.name) brings no \(list(lost)) frames from the server."]
    }

    // MARK: Words

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "(none is registered)" : names.joined(separator: ", ")
    }

    private static func list(_ kinds: Set<Frame.Kind>) -> String {
        kinds.map { "\($0)" }.sorted().joined(separator: " and ")
    }

    private static func typed<Made>(
        _ kind: String,
        _ name: String,
        _ make: () throws -> Made
    ) throws(PhoenixError) -> Made {
        do {
            return try make()
        } catch let error as PhoenixError {
            throw error
        } catch {
            throw PhoenixError(
                .invalidOption,
                "Expected the \(kind) \(name) to accept its options, got an error of its own.",
                cause: error
            )
        }
    }
}

extension Endpoint {
    fileprivate func appendingSuffix(_ name: String) -> Endpoint {
        var copy = self
        copy.path += path.hasSuffix("/") ? name : "/" + name
        return copy
    }
}
