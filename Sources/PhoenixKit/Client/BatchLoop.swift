/// The innermost loop of a client: frames in, callbacks out, for as long as nothing else is to be done.
///
/// It is generic and inlinable, and the initialisers of `SocketClient` make a closure of it. So it is compiled once for the
/// handler and the serializer of the module that uses the client, although the driver around it is not; and a whole batch
/// is one access to the driver's state instead of several for each message.
@usableFromInline
struct BatchLoop<Handler: SocketHandler, S: Serializer>: Sendable {
    /// Why the loop stopped, behind the frame that made it.
    @usableFromInline
    enum Pause {
        /// All frames have been taken in.
        case done
        /// A callback wants something done, or left something to be done.
        case directive(Directive)
        /// A message is not, or not only, for `received`.
        case message(Message)
        /// A frame is no message.
        case undecodable(any Error)
    }

    @usableFromInline
    typealias Run =
        @Sendable (
            _ frames: [Frame],
            _ index: inout Int,
            _ serializer: S,
            _ handler: inout Handler,
            _ socket: inout SocketContext<Handler>
        ) -> Pause

    let run: Run

    @usableFromInline
    init(_ run: @escaping Run) {
        self.run = run
    }

    /// Takes in frames from `index` on.
    @inlinable
    static func run(
        _ frames: [Frame],
        _ index: inout Int,
        _ serializer: S,
        _ handler: inout Handler,
        _ socket: inout SocketContext<Handler>
    ) -> Pause {
        while index < frames.count {
            let frame = frames[index]
            index += 1
            let message: Message
            do {
                message = try serializer.decode(frame, as: .client)
            } catch {
                return .undecodable(error)
            }
            guard socket.core.delivers(message) else { return .message(message) }
            let directive = handler.received(message, &socket)
            guard case .ok = directive, socket.core.isQuiet else { return .directive(directive) }
        }
        return .done
    }
}
