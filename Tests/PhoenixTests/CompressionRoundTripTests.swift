import Phoenix
import PhoenixTestServer
import PhoenixTesting
import Testing

@Suite("Compression against the embedded server", .timeLimit(.minutes(2)))
struct CompressionRoundTripTests {
    /// The options of a client, as strings.
    private static let options: [[String: String]] = [
        [:],
        ["deflate.threshold": "0", "deflate.level": "1"],
        ["deflate.client-no-context-takeover": "true", "deflate.server-no-context-takeover": "true"],
        ["deflate.client-window-bits": "9", "deflate.server-window-bits": "10", "deflate.memory-level": "1"],
        ["deflate.client-window-bits": "8", "vsn": "1.0.0"],
    ]

    private static func withServer(
        _ adapter: ServerAdapter,
        _ body: (PhoenixTestServer) async throws -> Void
    ) async throws {
        var configuration = PhoenixTestServer.Configuration()
        configuration.adapter = adapter
        try await PhoenixTestServer.withServer(configuration, site: .recorded, body)
    }

    /// Payloads that compress well, badly and too well.
    private static let payloads: [Value] = {
        let texts = [
            "", "hi", String(repeating: "hello, world! ", count: 30), String(repeating: "y", count: 200_000),
            (0..<4_000).map { "\($0 * 7_919 % 10_007)" }.joined(separator: " "),
        ]
        return (texts + texts).map { ["text": .string($0)] }
    }()

    @Test(
        "what is pushed comes back the same, whatever was agreed on, and nothing closes for its ratio",
        arguments: ServerAdapter.allCases,
        options
    )
    func roundTrips(adapter: ServerAdapter, options: [String: String]) async throws {
        try await Self.withServer(adapter) { server in
            var all = ConnectionOptions(strings: options)
            all.strings["compression"] = "permessage-deflate"
            let socket = try TestSocket(
                server.url("/socket/websocket"),
                registry: .standard,
                options: all,
                configuration: SeedStage.patient
            )
            let status = try await socket.waitConnectStatus()
            try #require(status.reason == nil, "\(status)")
            try await socket.join("room:1")
            for payload in Self.payloads {
                let response = try await socket.pushSync("room:1", "echo", .value(payload)).response
                #expect(try response.value() == payload)
            }
            if options["vsn"] == nil {
                let bytes = Bytes((0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 3) })
                #expect(try await socket.pushSync("room:1", "binary_echo", .binary(bytes)).response.bytes == bytes)
            }
            socket.stop()
        }
    }

    @Test(
        "the connection says that it is compressed, where the server takes up the offer",
        arguments: ServerAdapter.allCases
    )
    func details(adapter: ServerAdapter) async throws {
        try await Self.withServer(adapter) { server in
            for (path, extensions) in [("/socket", ["permessage-deflate"]), ("/short", [])] {
                var request = ConnectionRequest(
                    url: try Endpoint(server.url(path + "/websocket?vsn=2.0.0")),
                    serializer: JSONSerializer.v2.capabilities,
                    wireExtensions: [PermessageDeflate()],
                    clock: TestClock()
                )
                request.proxy = .none
                let found = try await WebSocketTransport().withConnection(request) { $0.details.extensions }
                #expect(found == extensions)
            }
        }
    }
}
