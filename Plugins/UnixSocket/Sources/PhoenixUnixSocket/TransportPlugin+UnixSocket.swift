public import PhoenixKit
internal import PhoenixWebSocket

extension TransportPlugin {
    /// The WebSocket transport over the Unix domain socket that the option `unixsocket.path` names.
    ///
    /// It takes the place of the transport `websocket` in the registry that it is registered in; without the option it is the same as that one.
    public static let webSocketOverUnixSocket = TransportPlugin(
        name: "websocket",
        schemes: .webSocket,
        optionKeys: TransportPlugin.webSocket.optionKeys.union(["unixsocket.path"])
    ) { request in
        let made = try TransportPlugin.webSocket.make(request)
        guard let path = request.options["unixsocket.path"], var transport = made as? WebSocketTransport else {
            return made
        }
        guard !path.isEmpty else {
            throw PhoenixError(
                .invalidOption,
                "Expected a path in the option unixsocket.path, got none. Name the socket's."
            )
        }
        transport.connector = UnixSocketConnector(path: path)
        return transport
    }
}
