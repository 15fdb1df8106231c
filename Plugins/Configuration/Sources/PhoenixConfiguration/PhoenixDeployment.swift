public import Configuration
public import PhoenixKit

/// Where to connect and with which plug-ins, as a deployment's configuration says.
///
///     let configuration = ConfigReader(provider: EnvironmentVariablesProvider()).scoped(to: "phoenix")
///     let deployment = try await PhoenixDeployment(reading: configuration, for: .standard)
///     let socket = try PhoenixSocket(deployment, registry: .standard)
///
/// The keys are these, below whatever the reader is scoped to:
///
/// | key | environment, in the scope `phoenix` | meaning |
/// |---|---|---|
/// | `url` | `PHOENIX_URL` | the URL of the socket; required, and a secret, since its query may hold one |
/// | `transports` | `PHOENIX_TRANSPORTS` | transports to fall back among, the most preferred first |
/// | `auth-token` | `PHOENIX_AUTH_TOKEN` | the auth token of Phoenix 1.8; a secret |
/// | any option of the registry | `PHOENIX_SERIALIZER`, `PHOENIX_WEBSOCKET_CA_FILE`, … | see `PluginRegistry.optionKeys`; `proxy` is a secret |
///
/// Numbers and booleans in a file count as their text.
public struct PhoenixDeployment: Sendable {
    /// The socket.
    public var target: ConnectionTarget
    /// The transports among which a `PhoenixSocket` falls back; empty for the one that the URL or the options name.
    public var transports: [String]
    /// The options of the registry.
    public var options: ConnectionOptions

    /// Reads a deployment.
    ///
    /// - Parameters:
    ///   - configuration: the reader, scoped to where the keys are.
    ///   - registry: the plug-ins whose options are read.
    /// - Throws: `.invalidOption` when `url` is missing or a value is of no use, with the reader's error as the cause; `.invalidURL`; and
    ///   what `PluginRegistry.resolve` finds wrong with the whole, so that a deployment that cannot work is refused at its start.
    public init(reading configuration: ConfigReader, for registry: PluginRegistry) async throws(PhoenixError) {
        guard let url = try await Self.text("url", isSecret: true, configuration) else {
            throw PhoenixError(
                .invalidOption,
                "Expected the key url in the configuration, got none. Set it to the socket's URL."
            )
        }
        var target = try ConnectionTarget(url)
        target.authToken = try await Self.text("auth-token", isSecret: true, configuration).map { Secret($0) }
        var strings: [String: String] = [:]
        for key in registry.optionKeys.sorted() {
            strings[key] = try await Self.text(key, isSecret: key == "proxy", configuration)
        }
        self.target = target
        options = ConnectionOptions(strings: strings)
        do {
            transports = try await configuration.fetchStringArray(forKey: "transports") ?? []
        } catch {
            throw Self.unreadable("transports", error)
        }
        for candidate in transports.isEmpty
            ? [target]
            : try transports.map({ name throws(PhoenixError) in
                try target.over(name, in: registry)
            })
        {
            _ = try registry.resolve(candidate.endpoint, options, parameters: candidate.parameters)
        }
    }

    /// The text of a value, whatever its type; nil when there is none.
    private static func text(
        _ key: String,
        isSecret: Bool = false,
        _ configuration: ConfigReader
    ) async throws(PhoenixError) -> String? {
        let name = ConfigKey(key)
        do {
            return try await configuration.fetchString(forKey: name, isSecret: isSecret)
        } catch {
            if let number = try? await configuration.fetchInt(forKey: name, isSecret: isSecret) {
                return String(number)
            }
            if let truth = try? await configuration.fetchBool(forKey: name, isSecret: isSecret) { return String(truth) }
            if let number = try? await configuration.fetchDouble(forKey: name, isSecret: isSecret) {
                return String(number)
            }
            throw unreadable(key, error)
        }
    }

    private static func unreadable(_ key: String, _ cause: any Error) -> PhoenixError {
        PhoenixError(
            .invalidOption,
            "Expected a text, a number or a boolean under the key \(key), or a list of texts under transports, got something else.",
            cause: cause
        )
    }
}

extension PhoenixSocket {
    /// Creates a socket as a deployment says: see `PhoenixSocket.init(_:over:registry:options:settings:)`.
    public convenience init(
        _ deployment: PhoenixDeployment,
        registry: PluginRegistry,
        settings: Settings = Settings()
    ) throws(PhoenixError) {
        try self.init(
            deployment.target,
            over: deployment.transports,
            registry: registry,
            options: deployment.options,
            settings: settings
        )
    }
}
