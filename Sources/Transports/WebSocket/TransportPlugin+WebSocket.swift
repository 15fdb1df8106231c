public import PhoenixKit

extension TransportPlugin {
    /// The WebSocket transport, under the name `websocket`.
    ///
    /// It understands these options as strings: `websocket.keep-alive`, the seconds between pings; `websocket.ca-file`, a
    /// PEM file of the certificates to trust in place of the system's; `websocket.verify`, one of `full`, `no-hostname` and
    /// `none`.
    public static let webSocket = TransportPlugin(
        name: "websocket",
        schemes: .webSocket,
        optionKeys: ["websocket.keep-alive", "websocket.ca-file", "websocket.verify"]
    ) { request in
        var configuration = WebSocketTransport.Configuration()
        if let text = request.options["websocket.keep-alive"] {
            guard let seconds = Int64(text), seconds > 0 else {
                throw invalid("websocket.keep-alive", "a number of seconds above zero", text)
            }
            configuration.keepAlive = .seconds(seconds)
        }
        if let path = request.options["websocket.ca-file"] {
            configuration.tls.trustRoots = .only([.file(path)])
        }
        switch request.options["websocket.verify"] {
        case nil, "full": break
        case "no-hostname": configuration.tls.verification = .noHostname
        case "none": configuration.tls.verification = .none
        case let text?: throw invalid("websocket.verify", "full, no-hostname or none", text)
        }
        return WebSocketTransport(configuration: configuration)
    }

    private static func invalid(_ option: String, _ expected: String, _ came: String) -> PhoenixError {
        PhoenixError(.invalidOption, "Expected \(expected) in the option \(option), got \(came). Correct it.")
    }
}

extension ConnectionOptions {
    /// The WebSocket transport with these settings, and a wire extension where one is wanted.
    public static func webSocket(
        _ configuration: WebSocketTransport.Configuration = WebSocketTransport.Configuration(),
        compression: ExtensionChoice? = nil
    ) -> ConnectionOptions {
        ConnectionOptions(
            transport: .instance(WebSocketTransport(configuration: configuration)),
            wireExtensions: compression.map { [$0] } ?? []
        )
    }
}
