public import PhoenixKit

/// What pages and channels can do to the server as a whole.
///
/// Valid only during the call it was given to.
public struct ServerControl {
    let world: World

    /// How many sockets are connected.
    public var connections: Int { world.sockets.count }

    /// Sends an event to all channels of `topic`.
    ///
    /// - Throws: `PhoenixError` at the first channel whose serializer cannot say it; those before it have it then.
    public func broadcast(_ topic: String, _ event: String, _ content: PayloadContent) throws {
        try world.broadcast(Bytes(topic), event, content)
    }

    /// Closes all sockets called `socketID` with 1001: the "disconnect" broadcast.
    public func disconnect(socketID: String) {
        for socket in world.socketsInOrder where socket.id == socketID { world.mail(.end(code: 1001), to: socket) }
    }

    /// Closes all sockets with 1012, as a server does that is about to restart.
    public func drain() {
        for socket in world.socketsInOrder { world.mail(.end(code: 1012), to: socket) }
    }
}

extension World {
    /// The sockets in the order in which they connected.
    var socketsInOrder: [SocketState] {
        sockets.values.sorted { $0.number < $1.number }
    }
}
