internal import Harness

/// The least that URLSession can do for an echo over long polling: see `BareEchoPeer`.
///
///     bare-urlsession PORT echo COUNT SIZE
@main
struct Bare {
    static func main() async throws {
        try await Peer.run()
    }
}
