internal import PhoenixKit

/// What a client did on its connection.
enum SocketEvent: Sendable {
    /// A whole message arrived.
    case message(Frame)
    /// A ping arrived.
    case ping(Bytes)
    /// A pong arrived.
    case pong
    /// A close frame arrived.
    case close(code: UInt16?)
    /// The peer broke the rules: the connection is to be closed with `code`.
    case violation(code: UInt16)
}
