import PhoenixKit
import PhoenixTestServer
import Testing

/// WebSocket connections over TCP: framing, fragments, limits and closes, byte by byte.
@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
    private func withClient(
        _ change: (inout PhoenixTestServer.Configuration) -> Void = { _ in },
        _ body: (RawClient, PhoenixTestServer) async throws -> Void
    ) async throws {
        var configuration = PhoenixTestServer.Configuration()
        change(&configuration)
        try await PhoenixTestServer.withServer(configuration, site: .recorded) { server in
            let client = try await RawClient.connect(to: server.port)
            try await client.upgrade("/socket/websocket?vsn=2.0.0")
            try await body(client, server)
            await client.close()
        }
    }

    /// Sends bytes, expects a close frame with `code`, and the end of the connection behind it.
    private func expectClose(_ code: UInt16, after bytes: [UInt8]) async throws {
        try await withClient { client, _ in
            try await client.send(bytes)
            #expect(try await client.frame() == .close(code))
            #expect(try await client.frame() == nil)
        }
    }

    private static let heartbeat = Wire.heartbeat("1")

    // MARK: Frames

    @Test(arguments: [
        RawFrame(reserved: 4, opcode: 1, payload: []), RawFrame(reserved: 2, opcode: 1, payload: []),
        RawFrame(reserved: 1, opcode: 9, payload: []), RawFrame(opcode: 3, payload: []),
        RawFrame(opcode: 7, payload: []),
        RawFrame(opcode: 11, payload: []), RawFrame(opcode: 15, payload: []), RawFrame(opcode: 0, payload: []),
        RawFrame(isFinal: false, opcode: 9, payload: []), RawFrame(isFinal: false, opcode: 8, payload: []),
        RawFrame(opcode: 9, payload: [UInt8](repeating: 0, count: 126)), RawFrame(opcode: 8, payload: [3]),
    ])
    func `A frame against the rules closes with 1002`(_ frame: RawFrame) async throws {
        try await expectClose(1002, after: frame.masked())
    }

    @Test func `A message within the fragments of another closes with 1002`() async throws {
        let first = RawFrame(isFinal: false, opcode: 1, payload: [0x5B])
        try await expectClose(1002, after: first.masked() + RawFrame.text("x").masked())
        try await expectClose(1002, after: first.masked() + RawFrame.binary([1]).masked())
    }

    @Test func `A fragment that is empty and not the last closes with 1008`() async throws {
        let first = RawFrame(isFinal: false, opcode: 1, payload: [0x5B])
        try await expectClose(1008, after: first.masked() + RawFrame(isFinal: false, opcode: 0, payload: []).masked())
    }

    @Test func `Text that is not UTF-8 closes with 1007, also across fragments and in a close`() async throws {
        try await expectClose(1007, after: RawFrame(opcode: 1, payload: [0x22, 0xFF, 0x22]).masked())
        let first = RawFrame(isFinal: false, opcode: 1, payload: [0x22, 0xC3])
        try await expectClose(1007, after: first.masked() + RawFrame(opcode: 0, payload: [0x28]).masked())
        try await expectClose(1007, after: RawFrame(opcode: 8, payload: [0x03, 0xE8, 0xC3, 0x28]).masked())
    }

    @Test func `A character may be split between fragments`() async throws {
        try await withClient { client, _ in
            let bytes = Array(Wire.join("room:☃").utf8)
            let cut = try #require(bytes.firstIndex(of: 0xE2)) + 1
            let first = RawFrame(isFinal: false, opcode: 1, payload: Array(bytes[..<cut]))
            try await client.send(first.masked() + RawFrame(opcode: 0, payload: Array(bytes[cut...])).masked())
            #expect(try await client.frame()?.text.contains("room:☃") == true)
        }
    }

    @Test func `A message may come byte by byte, in many fragments, with pings between them`() async throws {
        try await withClient { client, _ in
            var bytes: [UInt8] = []
            let text = Array(Self.heartbeat.utf8)
            for (index, byte) in text.enumerated() {
                let frame = RawFrame(isFinal: index == text.count - 1, opcode: index == 0 ? 1 : 0, payload: [byte])
                bytes += frame.masked() + RawFrame(opcode: 9, payload: [byte]).masked()
            }
            for byte in bytes { try await client.send([byte]) }
            var answers: [RawFrame] = []
            while answers.count < text.count + 1, let frame = try await client.frame() { answers.append(frame) }
            let pongs = text.map { RawFrame(opcode: 10, payload: [$0]) }
            // The last ping comes behind the last fragment, so its pong behind the reply.
            #expect(answers == pongs.dropLast() + [.text(Wire.heartbeatReply("1")), try #require(pongs.last)])
        }
    }

    @Test func `A ping is answered with its data, and a pong with nothing`() async throws {
        try await withClient { client, _ in
            let data = [UInt8](repeating: 7, count: 125)
            let pong = RawFrame(opcode: 10, payload: data).masked()
            try await client.send(pong + RawFrame(opcode: 9, payload: data).masked())
            #expect(try await client.frame() == RawFrame(opcode: 10, payload: data))
        }
    }

    @Test func `Frames that come with the request to upgrade are not lost`() async throws {
        try await PhoenixTestServer.withServer(site: .recorded) { server in
            let client = try await RawClient.connect(to: server.port)
            var head = "GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nhost: localhost\r\n"
            for (name, value) in RawClient.handshake { head += "\(name): \(value)\r\n" }
            try await client.send(Array((head + "\r\n").utf8) + RawFrame.text(Self.heartbeat).masked())
            #expect(try await client.response().status == 101)
            #expect(try await client.frame() == .text(Wire.heartbeatReply("1")))
            await client.close()
        }
    }

    // MARK: Limits

    @Test func `A frame over the limit closes with 1009, one at the limit does not`() async throws {
        try await withClient({ $0.limits.frame = 1_000 }) { client, _ in
            let text = Self.heartbeat + String(repeating: " ", count: 1_000 - Self.heartbeat.utf8.count)
            try await client.send(.text(text))
            #expect(try await client.frame() == .text(Wire.heartbeatReply("1")))
            try await client.send(.text(text + " "))
            #expect(try await client.frame() == .close(1009))
            #expect(try await client.frame() == nil)
        }
    }

    @Test func `A frame of ten million bytes passes by default, and its head alone condemns a larger one`() async throws
    {
        try await withClient { client, _ in
            let text = Wire.heartbeat("1") + String(repeating: " ", count: 10_000_000 - Self.heartbeat.utf8.count)
            try await client.send(.text(text))
            #expect(try await client.frame() == .text(Wire.heartbeatReply("1")))
            try await client.send([0x81, 0xFF, 0, 0, 0, 0, 0, 0x98, 0x96, 0x81])
            #expect(try await client.frame() == .close(1009))
        }
    }

    @Test func `A length beyond all measure closes with 1009`() async throws {
        try await expectClose(1009, after: [0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4])
        try await expectClose(1009, after: [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4])
    }

    @Test func `Fragments that add up to more than the limit close with 1009`() async throws {
        try await withClient({ $0.limits.fragmentedMessage = 100 }) { client, _ in
            let half = [UInt8](repeating: 0x20, count: 50)
            try await client.send(RawFrame(isFinal: false, opcode: 1, payload: half).masked())
            try await client.send(RawFrame(isFinal: false, opcode: 0, payload: half).masked())
            try await client.send(RawFrame(opcode: 0, payload: [0x20]).masked())
            #expect(try await client.frame() == .close(1009))
        }
    }

    // MARK: Closes

    @Test func `What comes behind a violation is not looked at`() async throws {
        let bytes = RawFrame(opcode: 3, payload: []).masked() + RawFrame.text(Self.heartbeat).masked()
        try await expectClose(1002, after: bytes + RawFrame.close(1000).masked())
    }

    @Test func `A client that ends without a close frame is journalled without a code`() async throws {
        try await withClient { client, server in
            await client.close()
            let entry = try await server.journal.wait(for: .closed)
            #expect(entry.code == nil)
            #expect(!entry.isLocal)
            #expect(await server.connections == 0)
        }
    }

    @Test func `The close frame arrives although the client goes on sending`() async throws {
        try await withClient { client, server in
            try await client.send(.text(Wire.join("room:1")))
            _ = try await client.frame()
            await server.drain()
            for _ in 0..<100 { try? await client.send(.text(Wire.push("room:1", "2", "echo"))) }
            #expect(try await client.frame() == .close(1012))
            #expect(try await client.frame() == nil)
        }
    }

    @Test func `A client that does not read is waited for, and then gets everything in order`() async throws {
        try await withClient({ $0.limits.writeBuffer = 100_000 }) { client, server in
            try await client.send(.text(Wire.join("room:1")))
            _ = try await client.frame()
            try await client.setReading(false)
            // More than all buffers on the way can hold.
            try await client.send(.text(Wire.push("room:1", "2", "burst_binary", #"{"n":1000,"size":20000}"#)))
            _ = try await server.journal.wait(for: .sent, event: "tick_binary")
            let other = try await RawClient.connect(to: server.port)
            try await other.upgrade("/socket/websocket?vsn=2.0.0")
            try await other.send(.text(Self.heartbeat))
            #expect(try await other.frame() == .text(Wire.heartbeatReply("1")))
            #expect(server.journal.sent(event: "tick_binary").count < 1_000)
            try await client.setReading(true)
            for number in 1...1_000 {
                let payload = try await client.frame()?.payload ?? []
                let head = Array("1room:1tick_binary".utf8) + [0, 0, UInt8(number >> 8), UInt8(number & 255)]
                guard payload.count == 4 + head.count + 20_000, Array(payload[4..<(4 + head.count)]) == head else {
                    Issue.record("expected tick \(number), got \(payload.prefix(40))")
                    return
                }
            }
            #expect(try await client.frame()?.text == Wire.reply("room:1", "2", #"{"n":1000}"#))
        }
    }
}
