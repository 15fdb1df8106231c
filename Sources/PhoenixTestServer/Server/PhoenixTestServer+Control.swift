internal import NIOCore
public import PhoenixKit

/// What can be done to a running server from outside.
///
/// All calls take effect in the order in which they are made; on a server that has stopped they do nothing.
extension PhoenixTestServer {
    /// How many sockets are connected.
    public var connections: Int {
        get async { await onLoop { $0.sockets.count } ?? 0 }
    }

    /// How many channels listen to `topic`.
    public func subscribers(of topic: String) async -> Int {
        await onLoop { $0.topics[Bytes(topic)].count } ?? 0
    }

    /// Sends an event to all channels of `topic`.
    ///
    /// - Throws: `PhoenixError` at the first channel whose serializer cannot say it; those before it have it then.
    public func broadcast(topic: String, event: String, payload: PayloadContent = [:]) async throws {
        let result = await onLoop { world in
            Result { try world.broadcast(Bytes(topic), event, payload) }
        }
        try result?.get()
    }

    /// Closes all sockets called `socketID` with 1001: the "disconnect" broadcast of Phoenix.
    public func disconnect(socketID: String) async {
        await onLoop { ServerControl(world: $0).disconnect(socketID: socketID) }
    }

    /// Closes all sockets with 1012, as a server does that is about to restart.
    ///
    /// New ones may connect.
    public func drain() async {
        await onLoop { ServerControl(world: $0).drain() }
    }

    /// Drops connections without a close frame: one, or all.
    ///
    /// Of a long-poll session, the connection of the poll that waits is reset, and the session ends.
    public func cut(connection: UInt64? = nil) async {
        await onLoop { world in
            for socket in world.socketsInOrder where connection == nil || socket.number == connection {
                world.resetPoll(of: socket)
                world.cut(socket)
            }
        }
    }

    /// Has something go wrong from now on.
    ///
    /// Returns the number to remove it by.
    @discardableResult
    public func inject(_ fault: Fault) async -> Int {
        await onLoop { $0.faults.add(fault) } ?? 0
    }

    /// Removes a fault that `inject` has announced, used up or not.
    public func removeFault(_ number: Int) async {
        await onLoop { $0.faults.remove(number) }
    }

    /// Removes all faults.
    public func removeAllFaults() async {
        await onLoop { $0.faults.removeAll() }
    }

    /// Does something in the world, and answers nil when the server has stopped.
    @discardableResult
    private func onLoop<Result: Sendable>(_ body: @escaping @Sendable (World) -> Result) async -> Result? {
        guard !lifetime.isOver else { return nil }
        let state = state
        return try? await eventLoop.submit { state.value.tell(body) }.get()
    }
}
