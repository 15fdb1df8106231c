internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

extension ScriptedPeer {
    /// A request for a server elsewhere, through this peer as the proxy, on a clock that stands still.
    func requestThrough(
        _ url: String = "ws://server.test/socket/websocket",
        credentials: ProxyCredentials? = nil,
        _ change: (inout ConnectionRequest) -> Void = { _ in }
    ) throws -> ConnectionRequest {
        var request = ConnectionRequest(
            url: try Endpoint(url),
            serializer: serializerCapabilities,
            proxy: .http(host: "127.0.0.1", port: port, credentials: credentials),
            clock: ManualClock()
        )
        change(&request)
        return request
    }
}

/// Lets a client meet a server through a scripted proxy, which then plays the server as well.
func meetThroughProxy<Result: Sendable>(
    _ transport: WebSocketTransport = WebSocketTransport(),
    to url: String = "ws://server.test/socket/websocket",
    credentials: ProxyCredentials? = nil,
    request change: (inout ConnectionRequest) -> Void = { _ in },
    serve: @escaping @Sendable (PeerConnection) async throws -> Void,
    body: (Connection) async throws -> Result
) async throws -> Result {
    try await ScriptedPeer.run { peer in
        async let served: Void = serve(try await peer.accept())
        let request = try peer.requestThrough(url, credentials: credentials, change)
        let result = try await transport.withConnection(request, body)
        try await served
        return result
    }
}

/// Lets a client meet a scripted proxy and gives the error it ends with.
func refusalByProxy(
    _ transport: WebSocketTransport = WebSocketTransport(),
    to url: String = "ws://server.test/socket/websocket",
    credentials: ProxyCredentials? = nil,
    request change: (inout ConnectionRequest) -> Void = { _ in },
    serve: @escaping @Sendable (PeerConnection) async throws -> Void
) async throws -> PhoenixError {
    try await ScriptedPeer.run { peer in
        async let served: Void = serve(try await peer.accept())
        let request = try peer.requestThrough(url, credentials: credentials, change)
        let error = await #expect(throws: PhoenixError.self) {
            try await transport.withConnection(request) { _ in }
        }
        try? await served
        return try #require(error)
    }
}
