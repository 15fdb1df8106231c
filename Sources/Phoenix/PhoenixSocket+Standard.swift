public import PhoenixKit

extension PhoenixSocket {
    /// Creates a socket at `url` with the plug-ins of this package: see `init(_:over:registry:options:settings:)`.
    ///
    ///     let socket = try PhoenixSocket("wss://example.org/socket/websocket")
    public convenience init(
        _ url: String,
        over transports: [String] = [],
        options: ConnectionOptions = [:],
        settings: Settings = Settings()
    ) throws(PhoenixError) {
        try self.init(url, over: transports, registry: .standard, options: options, settings: settings)
    }
}
