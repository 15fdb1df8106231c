internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

/// Peers that mean harm: each ends in a typed error, within a bound on what is read and kept, or with a deadline.
@Suite("Hostile peers", .timeLimit(.minutes(1)))
struct HostilePeerTests {
    /// The limits that the attacks below run into.
    private static func limit(_ request: inout ConnectionRequest) {
        request.limits.frame = 20_000
        request.limits.message = 50_000
        request.limits.responseHeaders = 4_096
        request.limits.refusalBody = 1_000
    }

    // MARK: Frames

    @Test(
        "A frame against the rules fails the connection from its first bytes, with what is said to the peer",
        arguments: [
            ("a masked text", [0x81, 0x81, 1, 2, 3, 4, 0x60], 1002),
            ("a masked ping", [0x89, 0x80], 1002),
            ("RSV1 without an extension", [0xC1], 1002), ("RSV2", [0xA2], 1002), ("RSV3 on a close", [0x98], 1002),
            ("a reserved opcode", [0x83], 1002), ("a reserved control opcode", [0x8B], 1002),
            ("a ping of 126 bytes", [0x89, 126], 1002), ("a pong of 2^63 bytes", [0x8A, 127], 1002),
            ("a close of 65,535 bytes", [0x88, 126], 1002), ("a fragmented close", [0x08], 1002),
            ("a frame beyond the limit", [0x82, 126, 0x4E, 0x21], 1009),
            ("a frame of 2^63 - 1 bytes", [0x82, 127, 0x7F, 255, 255, 255, 255, 255, 255, 255], 1009),
            ("a frame of 2^64 - 1 bytes", [0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255], 1002),
            ("text that is none, of a frame that does not end", [0x81, 126, 0x20, 0, 0x61, 0xFF], 1007),
        ] as [(String, [UInt8], UInt16)]
    )
    func brokenFrames(name: String, bytes: [UInt8], code: UInt16) async throws {
        try await meet {
            Self.limit(&$0)
        } serve: { peer in
            // Nothing follows, so that only these bytes can have been judged.
            try await peer.upgrade(glued: serverFrame(0x82, [7]) + bytes)
            #expect(try await peer.finish() == code)
        } body: { connection in
            let (frames, error) = await outcome(of: connection)
            #expect(frames == [.binary([7])])
            #expect(error == (code == 1009 ? .limitExceeded : .transportProtocol))
        }
    }

    @Test(
        "Fragments without end fail the connection at the limit of a message, however small they are",
        arguments: [0, 1, 125, 20_000]
    )
    func endlessFragments(size: Int) async throws {
        let fragment = serverFrame(0x00, [UInt8](repeating: 0x61, count: size))
        try await meet {
            Self.limit(&$0)
        } serve: { peer in
            try await peer.upgrade(glued: serverFrame(0x01, ""))
            #expect(try await Self.flood(peer, with: fragment)?.code == 1009)
        } body: { connection in
            let (frames, error) = await outcome(of: connection)
            #expect(frames.isEmpty && error == .limitExceeded)
        }
    }

    @Test("Pongs without end cost nothing, and the connection goes on")
    func endlessPongs() async throws {
        try await meet { peer in
            try await peer.upgrade()
            let pongs = (0..<500).flatMap { _ in serverFrame(0x8A, [UInt8](repeating: 1, count: 125)) }
            for _ in 0..<50 { try await peer.send(pongs) }
            try await peer.send(serverFrame(0x81, "still here"))
            try await peer.finish()
        } body: { connection in
            guard case .frames(let batch)? = try await connection.inbound.next() else {
                Issue.record("expected frames")
                return
            }
            #expect(batch.frames == [.text("still here")])
        }
    }

    /// Sends `bytes` again and again until the client closes, and gives its close frame.
    ///
    /// Ends with a close frame of its own, or with the connection, after 4 MB, which is beyond all limits.
    private static func flood(
        _ peer: PeerConnection,
        with bytes: [UInt8],
        closes: Bool = true
    ) async throws -> ClientFrame? {
        let piece = Array(repeatElement(bytes, count: max(1, 20_000 / bytes.count)).joined())
        let closed = Line<ClientFrame?>()
        async let watched: Void = {
            let frame = try? await peer.receiveFrame()
            closed.put(frame)
        }()
        for _ in 0..<200 where closed.everything.isEmpty {
            do { try await peer.send(piece) } catch { break }
        }
        if closes { try? await peer.send(serverFrame(0x88, closePayload(1000))) } else { try await peer.close() }
        let frame = try await closed.take()
        await watched
        try await peer.close()
        return frame
    }

    // MARK: The upgrade

    @Test(
        "An answer to the upgrade without end is left at its limit",
        arguments: [
            ("header lines of a 101", "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n", "X-Header: 0123456789\r\n", false),
            ("one header", "HTTP/1.1 101 X\r\nUpgrade: ", "websocket, ", false),
            ("the name of a header", "HTTP/1.1 101 X\r\n", "Upgrade", false),
            ("the status line", "HTTP/1.1 101 ", "Switching ", false),
            ("empty lines before the answer", "", "\r\n", false),
            ("informational answers", "", "HTTP/1.1 100 Continue\r\n\r\n", false),
            ("informational answers with headers", "", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", false),
            ("the headers of a refusal", "HTTP/1.1 404 X\r\n", "X-Header: 0123456789\r\n", false),
            ("the body of a refusal", "HTTP/1.1 404 X\r\n\r\n", "sorry", true),
            ("a chunked body", "HTTP/1.1 404 X\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n", true),
            ("a chunk's extension", "HTTP/1.1 404 X\r\nTransfer-Encoding: chunked\r\n\r\n5;", "extension", true),
            (
                "trailers", "HTTP/1.1 404 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X-Trailer: 0123456789\r\n",
                true
            ),
        ]
    )
    func endlessAnswers(name: String, start: String, piece: String, isRefusal: Bool) async throws {
        let read = Counter()
        let connector = ChoppingConnector(cuts: [], passed: { read.set($0) })
        let error = try await refusal(WebSocketTransport(connector: connector)) {
            Self.limit(&$0)
        } serve: { peer in
            _ = try await peer.receiveHead()
            try await peer.send(start)
            // The clock stands still, so that no deadline ends it.
            _ = try await Self.flood(peer, with: Array(piece.utf8), closes: false)
        }
        if isRefusal {
            #expect(error.code == .upgradeRefused)
            #expect(((error.cause as? UpgradeRefusal)?.body.count ?? .max) <= 1_000)
        } else {
            #expect(error.code == .limitExceeded)
        }
        // The limits, and one read beyond them.
        #expect(read.value <= 4_096 + 4_096 + 1_000 + 65_536)
    }

    @Test("More headers than the decoder takes are too many as well")
    func manyHeaders() async throws {
        let error = try await refusal { peer in
            _ = try await peer.receiveHead()
            let lines = String(repeating: "X: 1\r\n", count: 300)
            try? await peer.send("HTTP/1.1 101 X\r\n\(lines)\r\n")
            _ = try await peer.receiveToEnd()
        }
        #expect(error.code == .limitExceeded)
    }

    @Test("An answer that drips in, of whatever kind, is left at the deadline of the upgrade")
    func drippingAnswers() async throws {
        let starts = [
            "", "H", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: web", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 ",
            "HTTP/1.1 101 Switching Protocols\r\n\r",
        ]
        for start in starts {
            let clock = ManualClock()
            let error = try await refusal {
                $0.clock = clock
                $0.deadlines.upgrade = .seconds(3)
            } serve: { peer in
                _ = try await peer.receiveHead()
                for byte in start.utf8 { try await peer.send([byte]) }
                await clock.reach(.seconds(3))
                #expect(try await peer.receiveToEnd() == [])
            }
            #expect(error.code == .timeout)
            #expect(clock.sleepers == 0)
        }
    }
}
