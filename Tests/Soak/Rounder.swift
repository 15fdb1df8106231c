import Phoenix

/// Connects, joins, pushes, leaves and stops.
struct Rounder: SocketHandler {
    /// Something on the heap that lives as long as the handler.
    final class Ballast: Sendable {}

    let url: String
    let ballast: Ballast

    func start(_ socket: inout Socket) throws -> Start { try .connect(url) }

    private func proceed(_ socket: inout Socket, _ step: (inout Socket) throws -> Void) -> Directive {
        do {
            try step(&socket)
            return .ok
        } catch {
            return .stop(.failure(error))
        }
    }

    func connected(_ socket: inout Socket) -> Directive { proceed(&socket) { try $0.join("room:soak") } }

    func joined(_ join: Joined, _ socket: inout Socket) -> Directive {
        proceed(&socket) { try $0.push(join.topic, "echo", ["n": 1]) }
    }

    func joinFailed(_ failure: JoinFailure, _ socket: inout Socket) -> Directive {
        .stop(.failure(PhoenixError(.notJoined, "Expected to join, got \(failure.outcome).")))
    }

    func replied(_ reply: Reply, _ socket: inout Socket) -> Directive {
        socket.isJoined(reply.topic) ? proceed(&socket) { try $0.leave(reply.topic) } : .ok
    }

    func channelClosed(_ closure: ChannelClosure, _ socket: inout Socket) -> Directive { .stop(.normal) }

    func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        .stop(.failure(PhoenixError(.disconnected, "Expected to stay connected, got \(reason).")))
    }
}
