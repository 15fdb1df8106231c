extension Fallback {
    /// Creates a fallback over several transports to one socket.
    ///
    ///     try Fallback(ConnectionTarget("wss://example.org/socket/websocket"), over: ["websocket", "longpoll"], in: .standard)
    ///
    /// - Parameters:
    ///   - target: the socket, by the URL of any of the transports, or without a suffix.
    ///   - transports: names of registered transports, the most preferred first.
    ///   - registry: what is registered.
    ///   - settings: when to move, and how to come back.
    ///   - store: where what worked is remembered.
    ///   - seed: what chance begins with.
    /// - Throws: `.unknownTransport` when `transports` is empty or names one that is not registered; `.invalidURL`.
    public init(
        _ target: ConnectionTarget,
        over transports: [String],
        in registry: PluginRegistry,
        settings: Settings = Settings(),
        store: any FallbackStore = InMemoryFallbackStore.shared,
        seed: UInt64 = .random(in: 0...(.max))
    ) throws(PhoenixError) {
        var candidates: [ConnectionTarget] = []
        for name in transports { candidates.append(try target.over(name, in: registry)) }
        guard let preferred = candidates.first else {
            throw PhoenixError(.unknownTransport, "Expected at least one transport, got none. Name one.")
        }
        self.init(preferred, Array(candidates.dropFirst()), settings: settings, store: store, seed: seed)
    }
}

extension ConnectionTarget {
    /// The same socket over the transport called `name`: its suffix and its scheme, all else as it is.
    ///
    /// - Throws: `.unknownTransport`, `.invalidURL` when the URL's scheme is none of a known transport.
    public func over(_ name: String, in registry: PluginRegistry) throws(PhoenixError) -> ConnectionTarget {
        guard let plugin = registry.transports.first(where: { $0.name == name }) else {
            let names = registry.transports.map(\.name).joined(separator: ", ")
            throw PhoenixError(
                .unknownTransport,
                "Expected one of the registered transports \(names.isEmpty ? "(none is registered)" : names), got \(name). "
                    + "Register it, or choose another."
            )
        }
        var copy = self
        var path = endpoint.path
        if let suffix = endpoint.lastPathComponent, registry.transports.contains(where: { $0.name == suffix }) {
            path.removeLast(suffix.count)
        }
        copy.endpoint.path = path + (path.hasSuffix("/") ? name : "/" + name)
        // The scheme of another transport is understood by what it says about TLS.
        let own = registry.transports.first { [$0.schemes.plain, $0.schemes.secure].contains(endpoint.scheme) }
        if let own { copy.endpoint.scheme = own.schemes.secure == endpoint.scheme ? "wss" : "ws" }
        guard let located = copy.endpoint.translated(to: plugin.schemes) else {
            throw PhoenixError(
                .invalidURL,
                "Expected one of the schemes ws, wss, http, https, \(plugin.schemes.plain) and \(plugin.schemes.secure) for the "
                    + "transport \(name), got \(endpoint.scheme)."
            )
        }
        copy.endpoint = located
        return copy
    }
}
