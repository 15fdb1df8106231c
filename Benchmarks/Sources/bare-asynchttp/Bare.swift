internal import Harness

/// The least that AsyncHTTPClient can do for an echo over long polling: see `BareEchoPeer`.
///
///     bare-asynchttp PORT echo COUNT SIZE
@main
struct Bare {
    static func main() async throws {
        try await Peer.run()
    }
}
