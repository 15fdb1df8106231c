internal import PhoenixKit

/// One joined channel: what Phoenix keeps in the channel's process.
final class ChannelState {
    /// What a channel does next.
    enum Work {
        case message(Message)
        case step(ChannelRoute.Step)

        var isLeave: Bool {
            if case .message(let message) = self { message.eventBytes == Message.Name.leave } else { false }
        }
    }

    /// Rises with every channel, so that the subscribers of a topic are in the order in which they joined.
    let number: UInt64
    let topic: Bytes
    let joinReference: Reference?
    let route: ChannelRoute
    let socket: SocketState

    var assigns: [String: any Sendable]
    var queue: [Work] = []
    /// A handler is taking its time.
    var isBusy = false
    var isEnded = false
    var hasCrashed = false
    var isSubscribed = false
    /// The message a handler is answering.
    var current: Message?

    init(number: UInt64, topic: Bytes, joinReference: Reference?, route: ChannelRoute, socket: SocketState) {
        self.number = number
        self.topic = topic
        self.joinReference = joinReference
        self.route = route
        self.socket = socket
        assigns = socket.assigns
    }
}
