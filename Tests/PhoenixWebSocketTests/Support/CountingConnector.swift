internal import NIOCore
internal import PhoenixWebSocket

/// Connects over TCP and keeps the channels, to see what becomes of them.
final class CountingConnector: WebSocketConnector {
    private let channels = Line<any Channel>()

    func connect(_ request: WebSocketConnectRequest) async throws -> any Channel {
        let channel = try await TCPConnector().connect(request)
        channels.put(channel)
        return channel
    }

    /// Whether all connections made are closed; at least one was made.
    var isClosed: Bool {
        !channels.everything.isEmpty && channels.everything.allSatisfy { !$0.isActive }
    }

    /// The connection made last.
    func channel() async throws -> any Channel {
        try await channels.take()
    }
}
