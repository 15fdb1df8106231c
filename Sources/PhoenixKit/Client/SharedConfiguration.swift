/// The configuration of a client, held once for all its parts.
final class SharedConfiguration: Sendable {
    let configuration: SocketConfiguration

    init(_ configuration: SocketConfiguration) {
        self.configuration = configuration
    }
}
