public import NIOCore
internal import NIOPosix
internal import PhoenixKit
public import PhoenixWebSocket

/// Connects to a Unix domain socket: a connector for `WebSocketTransport`, by a third party.
///
/// Host and port of the URL are not connected to; they are what the server reads in the header `Host`. A proxy that the environment
/// names is left alone, and one that is set explicitly is refused.
public struct UnixSocketConnector: WebSocketConnector {
    /// The path of the socket in the file system.
    public var path: String

    public init(path: String) {
        self.path = path
    }

    /// Opens a connection to the socket.
    ///
    /// A Unix domain socket connects or fails at once, unless the queue of its server is full.
    ///
    /// - Throws: `.invalidURL` for a path that no socket can have; `.unreachable`; `CancellationError`.
    public func connect(_ request: WebSocketConnectRequest) async throws -> any Channel {
        try Task.checkCancellation()
        let address: SocketAddress
        do {
            address = try SocketAddress(unixDomainSocketPath: path)
        } catch {
            throw PhoenixError(
                .invalidURL,
                "Expected a path that fits a Unix domain socket, got one of \(path.utf8.count) bytes. Choose a shorter one.",
                cause: error
            )
        }
        let bootstrap = ClientBootstrap(group: request.eventLoop)
            .channelOption(.autoRead, value: false)
            .connectTimeout(.seconds(min(max(request.timeout.components.seconds, 1), 86_400)))
        do {
            return try await bootstrap.connect(to: address).get()
        } catch {
            throw PhoenixError(
                .unreachable,
                "Nothing answers at the Unix domain socket \(path): \(error). Check that the server runs and who may open it.",
                cause: error
            )
        }
    }
}
