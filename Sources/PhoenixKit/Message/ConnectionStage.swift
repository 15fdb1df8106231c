/// How far the opening of a connection had come when it failed.
///
/// Transports say it in `PhoenixError.stage`. It tells signs of something between client and server, which long polling may get
/// past, from signs that no other transport would fare better.
public struct ConnectionStage: Sendable, Hashable, CustomStringConvertible {
    private enum Raw: String, Sendable {
        case connect, tls, upgrade
    }

    private let raw: Raw

    public var description: String { raw.rawValue }

    /// Finding the address and connecting to it.
    public static let connect = ConnectionStage(raw: .connect)
    /// The TLS handshake.
    public static let tls = ConnectionStage(raw: .tls)
    /// The handshake of the transport itself: of a WebSocket the upgrade, of long polling the first request.
    public static let upgrade = ConnectionStage(raw: .upgrade)
}
