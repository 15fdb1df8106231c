import PhoenixKit
import PhoenixTesting
import PhoenixUnixLines
import Testing

@Suite("Lines over a Unix domain socket", .timeLimit(.minutes(2)))
struct UnixLineTests {
    @Test("the transport keeps the rules of transports")
    func conformance() async throws {
        let peer = try LinePeer()
        let report = await TransportConformance(UnixLineTransport(path: peer.path), peer: peer).run()
        print(report)
        try report.check()
    }

    @Test("nobody at the path, and a path that is too long, are typed errors")
    func unreachable() async throws {
        for (path, code) in [
            ("/tmp/phx-nobody-is-here", PhoenixError.Code.unreachable),
            (String(repeating: "x", count: 200), .invalidURL),
        ] {
            let request = ConnectionRequest(
                url: Endpoint(scheme: "unix", host: "localhost", path: "/socket/unixlines"),
                serializer: SerializerCapabilities(emits: [.text], accepts: [.text], isLineBatchable: true)
            )
            let error = await #expect(throws: PhoenixError.self) {
                try await UnixLineTransport(path: path).withConnection(request) { _ in }
            }
            #expect(error?.code == code)
        }
    }
}
