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

    @Test("frames are read whole, in parts, and not at all")
    func framing() throws {
        var buffer = LineFraming.encode(.text("é")) + LineFraming.encode(.binary([0, 10]))
        #expect(try LineFraming.decode(&buffer, limit: 10) == .text("é"))
        #expect(try LineFraming.decode(&buffer, limit: 10) == .binary([0, 10]))
        #expect(buffer.isEmpty)
        let whole = LineFraming.encode(.text("abc"))
        for count in 0..<whole.count {
            var part = Array(whole[..<count])
            #expect(try LineFraming.decode(&part, limit: 10) == nil)
        }
        for text in [
            "x1\na\n", "t\n", "t-1\n", "t1\nab", "t99999999999999999999\n", "t11\n", "no end of the line in sight",
        ] {
            var bytes = Array(text.utf8)
            #expect(throws: PhoenixError.self) { try LineFraming.decode(&bytes, limit: 10) }
        }
        var bytes: [UInt8] = Array("t1\n".utf8) + [0xFF, 10]
        #expect(throws: PhoenixError.self) { try LineFraming.decode(&bytes, limit: 10) }
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
