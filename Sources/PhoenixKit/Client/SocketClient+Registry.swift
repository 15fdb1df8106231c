extension SocketClient where T == AnyTransport, S == AnySerializer {
    /// Creates a client that resolves transport and serializer anew for every connection, by the target's endpoint
    /// and `options`.
    ///
    /// It may be sent to an endpoint of any registered transport.
    ///
    /// What cannot be resolved is reported by `disconnected`, with the registry's error.
    @inlinable
    public convenience init(
        _ handler: sending Handler,
        registry: PluginRegistry,
        options: ConnectionOptions = [:],
        configuration: SocketConfiguration = SocketConfiguration()
    ) {
        self.init(
            handler,
            registry: registry,
            options: options,
            configuration: configuration,
            batchLoop: BatchLoop { BatchLoop.run($0, &$1, $2, &$3, &$4) }
        )
    }

    @usableFromInline
    convenience init(
        _ handler: sending Handler,
        registry: PluginRegistry,
        options: ConnectionOptions,
        configuration: SocketConfiguration,
        batchLoop: BatchLoop<Handler, AnySerializer>
    ) {
        self.init(handler, configuration: configuration, batchLoop: batchLoop) { target throws(PhoenixError) in
            try registry.resolve(target.endpoint, options, parameters: target.parameters)
        }
    }
}
