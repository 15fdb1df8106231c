internal import Phoenix

/// What a registry holds, and which transports and serializers fit each other: found out by resolving every pair.
struct PluginReport {
    struct Pair: Equatable {
        let transport: String
        /// The serializer and its version, such as `json 2.0.0`.
        let serializer: String
        /// Why the pair cannot work; nil when it can.
        let refusal: String?
        /// What a user of the pair should know.
        let notes: [String]
    }

    let registry: PluginRegistry
    let pairs: [Pair]

    init(_ registry: PluginRegistry) {
        self.registry = registry
        pairs = registry.transports.flatMap { transport in
            registry.serializers.flatMap { serializer in
                serializer.versions.map { Self.pair(transport, serializer.name, $0, registry) }
            }
        }
    }

    private static func pair(
        _ transport: TransportPlugin,
        _ serializer: String,
        _ version: String,
        _ registry: PluginRegistry
    ) -> Pair {
        let endpoint = Endpoint(scheme: transport.schemes.plain, host: "localhost", path: "/socket/\(transport.name)")
        let (refusal, notes): (String?, [String])
        do throws(PhoenixError) {
            let resolution = try registry.resolve(endpoint, ["serializer": serializer, "vsn": version])
            (refusal, notes) = (nil, resolution.notes)
        } catch {
            (refusal, notes) = (error.message, [])
        }
        return Pair(transport: transport.name, serializer: "\(serializer) \(version)", refusal: refusal, notes: notes)
    }

    // MARK: For people

    func lines(_ style: Style) -> [String] {
        var lines = [style.bold("Transports")]
        for transport in registry.transports {
            let schemes = "\(transport.schemes.plain)/\(transport.schemes.secure)"
            lines.append("  \(transport.name)  (\(schemes))" + Self.options(transport.optionKeys))
        }
        lines += ["", style.bold("Serializers")]
        for serializer in registry.serializers {
            lines.append(
                "  \(serializer.name)  \(serializer.versions.joined(separator: ", "))"
                    + Self.options(serializer.optionKeys)
            )
        }
        lines += ["", style.bold("Extensions")]
        for plugin in registry.wireExtensions { lines.append("  \(plugin.name)" + Self.options(plugin.optionKeys)) }
        lines += ["", style.bold("Pairs")]
        for pair in pairs {
            let mark = pair.refusal == nil ? style.green("✓") : style.red("✗")
            lines.append("  \(mark) \(pair.transport) + \(pair.serializer)")
            for note in pair.notes + [pair.refusal].compactMap({ $0 }) { lines.append(style.dim("      \(note)")) }
        }
        return lines
    }

    private static func options(_ keys: Set<String>) -> String {
        keys.isEmpty ? "" : "\n      options: " + keys.sorted().joined(separator: ", ")
    }

    // MARK: For machines

    var value: Value {
        [
            "transports": .array(
                registry.transports.map { plugin in
                    [
                        "name": .string(plugin.name), "options": Self.names(plugin.optionKeys),
                        "schemes": [.string(plugin.schemes.plain), .string(plugin.schemes.secure)],
                    ]
                }
            ),
            "serializers": .array(
                registry.serializers.map { plugin in
                    [
                        "name": .string(plugin.name), "options": Self.names(plugin.optionKeys),
                        "versions": .array(plugin.versions.map(Value.string)),
                    ]
                }
            ),
            "extensions": .array(
                registry.wireExtensions.map { ["name": .string($0.name), "options": Self.names($0.optionKeys)] }
            ),
            "pairs": .array(
                pairs.map { pair in
                    [
                        "transport": .string(pair.transport), "serializer": .string(pair.serializer),
                        "fits": .boolean(pair.refusal == nil), "reason": pair.refusal.map(Value.string) ?? .null,
                        "notes": .array(pair.notes.map(Value.string)),
                    ]
                }
            ),
        ]
    }

    private static func names(_ keys: Set<String>) -> Value {
        .array(keys.sorted().map(Value.string))
    }
}
