import PhoenixDeflate
import PhoenixKit
import PhoenixTestServer
import Testing

/// permessage-deflate at the server's end (RFC 7692), beyond what the recordings show.
@Suite(.timeLimit(.minutes(1))) struct CompressionTests {
    private static let target = "/socket/websocket?vsn=2.0.0"
    private static let everything = PermessageDeflate.Configuration(threshold: 0, sentRatio: .unlimited)

    /// A client that has been answered an offer, and its end of the compression.
    private func withClient(
        _ adapter: ServerAdapter = .bandit,
        _ configure: (inout PhoenixTestServer.Configuration) -> Void = { _ in },
        offer: String = "permessage-deflate; client_max_window_bits",
        _ body: (RawClient, inout DeflateCodec) async throws -> Void
    ) async throws {
        var configuration = PhoenixTestServer.Configuration()
        configuration.adapter = adapter
        configure(&configuration)
        try await PhoenixTestServer.withServer(configuration, site: .recorded) { server in
            let client = try await RawClient.connect(to: server.port)
            let response = try await client.upgrade(Self.target, [("Sec-WebSocket-Extensions", offer)])
            #expect(response.headers["sec-websocket-extensions"]?.hasPrefix("permessage-deflate") == true)
            let agreement = try #require(try PermessageDeflate().agreement(onOffers: [offer]))
            var codec = DeflateCodec(agreement, as: .client, configuration: Self.everything)
            try await body(client, &codec)
            await client.close()
        }
    }

    private func compressed(_ text: String, _ codec: inout DeflateCodec) throws -> RawFrame {
        let (bytes, isCompressed) = try codec.encode(Bytes(text), kind: .text)
        #expect(isCompressed)
        return RawFrame(reserved: 4, opcode: 1, payload: bytes.array)
    }

    private func text(of frame: RawFrame?, _ codec: inout DeflateCodec) throws -> String {
        let frame = try #require(frame)
        #expect(frame.reserved == 4)
        var bytes: [UInt8] = []
        try codec.decode(Bytes(frame.payload), isLast: true, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        "permessage-deflate", "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
    ])
    func `Messages are compressed both ways, one after the other, whole or in fragments`(_ offer: String) async throws {
        try await withClient(offer: offer) { client, codec in
            // Long enough to be worth compressing alone.
            let references = (1...5).map { String(repeating: "\($0)", count: 100) }
            for reference in references[..<3] {
                try await client.send(compressed(Wire.heartbeat(reference), &codec))
                #expect(try await text(of: client.frame(), &codec) == Wire.heartbeatReply(reference))
            }
            let whole = try compressed(Wire.heartbeat(references[3]), &codec)
            let (first, rest) = (whole.payload.prefix(5), whole.payload.dropFirst(5))
            let fragment = RawFrame(isFinal: false, reserved: 4, opcode: 1, payload: Array(first))
            try await client.send(fragment.masked() + RawFrame(opcode: 0, payload: Array(rest)).masked())
            #expect(try await text(of: client.frame(), &codec) == Wire.heartbeatReply(references[3]))
            try await client.send(.text(Wire.heartbeat(references[4])))
            #expect(try await text(of: client.frame(), &codec) == Wire.heartbeatReply(references[4]))
        }
    }

    @Test(arguments: [(ServerAdapter.bandit, 20_000, true), (.bandit, 200_000, false), (.cowboy, 200_000, true)])
    func `Bandit closes with 1009 above 25 times the size, beyond what it inflates at a time`(
        _ adapter: ServerAdapter,
        _ size: Int,
        _ passes: Bool
    ) async throws {
        try await withClient(adapter) { client, codec in
            let pad = String(repeating: "y", count: size)
            try await client.send(compressed(Wire.join("room:1", "1", #"{"pad":"\#(pad)"}"#), &codec))
            let frame = try await client.frame()
            if passes {
                #expect(try text(of: frame, &codec).contains(pad))
            } else {
                #expect(frame == .close(1009))
            }
        }
    }

    @Test func `A message beyond the limit closes with 1009, whatever its ratio`() async throws {
        try await withClient(.cowboy, { $0.limits.inflatedMessage = 1_000 }) { client, codec in
            try await client.send(compressed(String(repeating: "y", count: 1_001), &codec))
            #expect(try await client.frame() == .close(1009))
        }
    }

    @Test func `What is no deflate, or no UTF-8 once inflated, closes with 1007`() async throws {
        try await withClient { client, _ in
            try await client.send(RawFrame(reserved: 4, opcode: 1, payload: [0xFF, 0xFF, 0xFF, 0xFF]))
            #expect(try await client.frame() == .close(1007))
        }
        try await withClient { client, codec in
            let (bytes, _) = try codec.encode(Bytes([0x22, 0xFF, 0x22]), kind: .binary)
            try await client.send(RawFrame(reserved: 4, opcode: 1, payload: bytes.array))
            #expect(try await client.frame() == .close(1007))
        }
    }

    @Test(arguments: [
        RawFrame(reserved: 4, opcode: 9, payload: []), RawFrame(reserved: 4, opcode: 0, payload: [1]),
        RawFrame(reserved: 2, opcode: 1, payload: [1]), RawFrame(reserved: 5, opcode: 1, payload: [1]),
    ])
    func `The bit of compression has its place in the first frame of a message alone`(_ frame: RawFrame) async throws {
        try await withClient { client, _ in
            if frame.opcode == 0 {
                try await client.send(RawFrame(isFinal: false, opcode: 1, payload: [0x5B]))
            }
            try await client.send(frame)
            #expect(try await client.frame() == .close(1002))
        }
    }

    @Test(arguments: [
        "", "permessage-deflate; unknown", "permessage-deflate; server_max_window_bits=7", "x-webkit-deflate-frame",
        ";;=",
    ])
    func `Without an offer that will do nothing is compressed, and the bit of compression is an error`(
        _ offer: String
    ) async throws {
        try await PhoenixTestServer.withServer(site: .recorded) { server in
            let client = try await RawClient.connect(to: server.port)
            let headers = offer.isEmpty ? [] : [("Sec-WebSocket-Extensions", offer)]
            let response = try await client.upgrade(Self.target, headers)
            #expect(response.status == 101)
            #expect(response.headers["sec-websocket-extensions"] == nil)
            try await client.send(.text(Wire.heartbeat("1")))
            #expect(try await client.frame() == .text(Wire.heartbeatReply("1")))
            try await client.send(RawFrame(reserved: 4, opcode: 1, payload: [1]))
            #expect(try await client.frame() == .close(1002))
            await client.close()
        }
    }

    @Test func `A socket that does not compress takes up no offer`() async throws {
        try await PhoenixTestServer.withServer(site: .recorded) { server in
            let client = try await RawClient.connect(to: server.port)
            let offer = [("Sec-WebSocket-Extensions", "permessage-deflate")]
            let response = try await client.upgrade("/short/websocket?vsn=2.0.0", offer)
            #expect(response.status == 101)
            #expect(response.headers["sec-websocket-extensions"] == nil)
            await client.close()
        }
    }
}
