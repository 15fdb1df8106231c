internal import NIOCore
internal import NIOHTTP1
internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

@Suite("The upgrade", .timeLimit(.minutes(1)))
struct UpgradeTests {
    private static let right = ["Upgrade: websocket", "Connection: Upgrade"]

    /// The lines of an answer, with `PROOF` in place of the right proof.
    private static func answer(_ lines: [String], status: String = "101 Switching Protocols") -> String {
        (["HTTP/1.1 \(status)"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
    }

    @Test("The request is what RFC 6455 section 4.1 asks for, then come the user's headers; no Origin, no User-Agent")
    func request() async throws {
        let port = try await ScriptedPeer.run { peer in
            async let head = {
                let connection = try await peer.accept()
                let head = try await connection.upgrade()
                try await connection.finish()
                return head
            }()
            var configuration = WebSocketTransport.Configuration()
            configuration.random = { 0x3031_3233_3435_3637 }
            let request = peer.request {
                $0.headers = [HeaderField("X-One", "1"), HeaderField("Cookie", "a=b; c=\"d\"")]
            }
            try await WebSocketTransport(configuration: configuration).withConnection(request) { _ in }
            let lines = try await head.split(separator: "\r\n").map(String.init)
            #expect(
                lines == [
                    "GET /socket/websocket?vsn=2.0.0 HTTP/1.1", "Host: 127.0.0.1:\(peer.port)", "Upgrade: websocket",
                    "Connection: Upgrade", "Sec-WebSocket-Key: NzY1NDMyMTA3NjU0MzIxMA==", "Sec-WebSocket-Version: 13",
                    "X-One: 1", "Cookie: a=b; c=\"d\"",
                ]
            )
            return peer.port
        }
        #expect(port > 0)
    }

    @Test(
        "Host carries the port unless it is the scheme's own, and IPv6 stands in brackets",
        arguments: [
            ("ws://example.org/socket", "example.org"), ("ws://example.org:80/socket", "example.org"),
            ("ws://example.org:443/socket", "example.org:443"), ("wss://example.org:443/socket", "example.org"),
            ("wss://example.org:4000/socket", "example.org:4000"), ("ws://[::1]:4000/socket", "[::1]:4000"),
            ("ws://[::1]/socket", "[::1]"),
        ]
    )
    func host(url: String, expected: String) throws {
        let request = ConnectionRequest(url: try Endpoint(url), serializer: serializerCapabilities)
        let head = try UpgradeRequest(request, subprotocols: [], random: { 0 }).head
        #expect(head.headers["host"] == [expected])
        var named = request
        named.headers = [HeaderField("host", "other.test")]
        #expect(try UpgradeRequest(named, subprotocols: [], random: { 0 }).head.headers["host"] == ["other.test"])
    }

    @Test("The auth token goes as a subprotocol in the standard alphabet, without padding, beside phoenix")
    func authToken() async throws {
        var configuration = WebSocketTransport.Configuration()
        configuration.subprotocols = ["other", "phoenix"]
        let details = try await meet(WebSocketTransport(configuration: configuration)) {
            $0.authToken = "a?>~~~~"
        } serve: { peer in
            let head = try await peer.upgrade(headers: ["Sec-WebSocket-Protocol: phoenix"])
            #expect(
                PeerConnection.field("sec-websocket-protocol", in: head)
                    == "phoenix, other, base64url.bearer.phx.YT8+fn5+fg"
            )
            try await peer.finish()
        } body: {
            $0.details
        }
        #expect(details.subprotocol == "phoenix")
        #expect(details.headers.contains(HeaderField("sec-websocket-protocol", "phoenix")))
        #expect(details.remoteAddress?.hasPrefix("127.0.0.1:") == true)
    }

    @Test(
        "Headers that break the upgrade or HTTP are refused before anything is sent",
        arguments: [
            HeaderField("Upgrade", "h2c"), HeaderField("connection", "close"), HeaderField("Sec-WebSocket-Key", "x"),
            HeaderField("sec-websocket-protocol", "x"), HeaderField("Content-Length", "5"),
            HeaderField("Transfer-Encoding", "chunked"), HeaderField("X", "a\r\nY: b"), HeaderField("X", "a\nb"),
            HeaderField("X", "a\0b"), HeaderField("X Y", "a"), HeaderField("", "a"), HeaderField("X:", "a"),
            HeaderField("X\r\n", "a"), HeaderField("X", "\u{7F}"),
        ]
    )
    func badHeaders(field: HeaderField) async throws {
        let request = ConnectionRequest(
            url: try Endpoint("ws://127.0.0.1:1/socket/websocket"),
            headers: [field],
            serializer: serializerCapabilities
        )
        let error = await #expect(throws: PhoenixError.self) {
            try await WebSocketTransport(connector: UnusedConnector()).withConnection(request) { _ in }
        }
        #expect(error?.code == .invalidOption)
    }

    @Test("URLs that cannot stand in a request are refused before anything is sent")
    func badURLs() async throws {
        let endpoints = [
            Endpoint(scheme: "http", host: "a", path: "/"), Endpoint(scheme: "ws", host: "a\r\nX: y", path: "/"),
            Endpoint(scheme: "ws", host: "a", path: "/a b"), Endpoint(scheme: "ws", host: "a", path: "x"),
            Endpoint(scheme: "ws", host: "a", path: "/", query: "a\r\nb"), Endpoint(scheme: "ws", host: "", path: "/"),
            Endpoint(scheme: "ws", host: "a@b", path: "/"),
        ]
        for url in endpoints {
            let request = ConnectionRequest(url: url, serializer: serializerCapabilities)
            let error = await #expect(throws: PhoenixError.self) {
                try await WebSocketTransport(connector: UnusedConnector()).withConnection(request) { _ in }
            }
            #expect(error?.code == .invalidURL)
        }
    }

    /// A connector nobody may ask.
    private struct UnusedConnector: WebSocketConnector {
        func connect(_ request: WebSocketConnectRequest) async throws -> any Channel {
            Issue.record("nothing may be sent")
            throw CancellationError()
        }
    }

    @Test(
        "Right answers are taken, in any case and with other tokens in the lists",
        arguments: [
            ["Upgrade: WebSocket", "Connection: Upgrade", "Sec-WebSocket-Accept: PROOF"],
            ["upgrade: h2c, WEBSOCKET", "connection: keep-alive, Upgrade", "SEC-WEBSOCKET-ACCEPT: PROOF"],
            [
                "Connection: keep-alive", "Connection: upgrade", "Upgrade: websocket",
                "Sec-WebSocket-Accept:   PROOF  ",
            ],
            right + ["Sec-WebSocket-Accept: PROOF", "Sec-WebSocket-Extensions: ", "Date: now", "X: \u{FC}"],
        ]
    )
    func rightAnswers(lines: [String]) async throws {
        try await meet { peer in
            let head = try await peer.receiveHead()
            let text = Self.answer(lines).replacing("PROOF", with: PeerConnection.proof(for: head))
            try await peer.send(text)
            try await peer.finish()
        } body: { _ in
        }
    }

    @Test(
        "Wrong answers are refused with .upgradeInvalid",
        arguments: [
            [String](), ["Upgrade: websocket", "Sec-WebSocket-Accept: PROOF"],
            ["Connection: Upgrade", "Sec-WebSocket-Accept: PROOF"],
            ["Upgrade: websockets", "Connection: Upgrade", "Sec-WebSocket-Accept: PROOF"],
            ["Upgrade: websocket", "Connection: close", "Sec-WebSocket-Accept: PROOF"],
            right, right + ["Sec-WebSocket-Accept: "], right + ["Sec-WebSocket-Accept: wrong"],
            right + ["Sec-WebSocket-Accept: PROOFx"],
            right + ["Sec-WebSocket-Accept: PROOF", "Sec-WebSocket-Accept: PROOF"],
            right + ["Sec-WebSocket-Accept: PROOF", "Sec-WebSocket-Protocol: other"],
            right + ["Sec-WebSocket-Accept: PROOF", "Sec-WebSocket-Protocol: base64url.bearer.phx.c2VjcmV0"],
            right + ["Sec-WebSocket-Accept: PROOF", "Sec-WebSocket-Protocol: phoenix, phoenix"],
            right + ["Sec-WebSocket-Accept: PROOF", "Sec-WebSocket-Extensions: permessage-deflate"],
            right + ["Sec-WebSocket-Accept: PROOF", "Sec-WebSocket-Extensions: x-invert, x-invert"],
            right + ["Sec-WebSocket-Accept: PROOF", "Sec-WebSocket-Extensions: x-invert; bad"],
        ]
    )
    func wrongAnswers(lines: [String]) async throws {
        let error = try await refusal {
            $0.authToken = "secret"
            $0.wireExtensions = [TaggedExtension()]
        } serve: { peer in
            let head = try await peer.receiveHead()
            try await peer.send(Self.answer(lines).replacing("PROOF", with: PeerConnection.proof(for: head)))
            #expect(try await peer.receiveToEnd() == [])
        }
        #expect(error.code == .upgradeInvalid)
        #expect(!"\(error)".contains("c2VjcmV0"))
    }

    @Test(
        "What is no HTTP is refused with .upgradeInvalid",
        arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "\0\0\0\u{1}", "HTTP/9.9 xx\r\n\r\n", "HTTP/2.0 101 x\r\n\r\n"]
    )
    func garbage(text: String) async throws {
        let error = try await refusal { peer in
            _ = try await peer.receiveHead()
            try await peer.send(text)
            _ = try await peer.receiveToEnd()
        }
        #expect(error.code == .upgradeInvalid)
    }

    @Test("So is what comes without having been asked for, before the request is sent")
    func garbageAtOnce() async throws {
        let error = try await refusal { peer in
            try await peer.send("SSH-2.0-OpenSSH_9.2\r\n")
            _ = try await peer.receiveToEnd()
        }
        #expect(error.code == .upgradeInvalid)
    }

    @Test("A connection closed before or in the answer is told apart")
    func closedEarly() async throws {
        let silent = try await refusal { peer in
            _ = try await peer.receiveHead()
            try await peer.close()
        }
        #expect(silent.code == .unreachable)
        let torn = try await refusal { peer in
            _ = try await peer.receiveHead()
            try await peer.send("HTTP/1.1 101 Swi")
            try await peer.close()
        }
        #expect(torn.code == .upgradeInvalid)
        let atOnce = try await refusal { peer in try await peer.close() }
        #expect(atOnce.code == .unreachable)
        let reset = try await refusal { peer in
            _ = try await peer.receiveHead()
            try await peer.reset()
        }
        #expect(reset.code == .unreachable)
    }

    @Test("Informational answers before the final one are skipped")
    func informational() async throws {
        try await meet { peer in
            let head = try await peer.receiveHead()
            let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
            try await peer.send(early + PeerConnection.answer(to: head))
            try await peer.finish()
        } body: { _ in
        }
    }

    @Test("Endless headers, endless informational answers and one huge header end at the limit")
    func endlessHeaders() async throws {
        let pieces = [
            "X-Header: 0123456789012345678901234567890123456789\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "aaaaaaaaaaaa",
        ]
        let starts = ["HTTP/1.1 101 Switching Protocols\r\n", "", "HTTP/1.1 200 OK\r\nX: "]
        for (start, piece) in zip(starts, pieces) {
            let error = try await refusal {
                $0.limits.responseHeaders = 4096
            } serve: { peer in
                _ = try await peer.receiveHead()
                try? await peer.send(start + String(repeating: piece, count: 1000))
                _ = try await peer.receiveToEnd()
            }
            #expect(error.code == .limitExceeded)
        }
    }

    @Test("Frames that come with the 101 are delivered, in one piece and cut at every byte")
    func gluedFrames() async throws {
        let glued =
            serverFrame(0x81, "first") + serverFrame(0x89, "p") + serverFrame(0x82, [UInt8](repeating: 1, count: 300))
        let expected = [Frame.text("first"), .binary(Bytes([UInt8](repeating: 1, count: 300))), .text("later")]
        // The answer's length is always the same, so the cuts can be known beforehand.
        let length = PeerConnection.answer(to: "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n").utf8.count
        var connectors: [any WebSocketConnector] = [TCPConnector(), ChoppingConnector(cuts: nil)]
        connectors += (1...(length + 20)).map { ChoppingConnector(cuts: [$0]) }
        for connector in connectors {
            let (frames, close) = try await meet(WebSocketTransport(connector: connector)) { peer in
                try await peer.upgrade(glued: glued)
                #expect(try await peer.receiveFrame().text == "p")
                try await peer.send(serverFrame(0x81, "later") + serverFrame(0x88, []))
                try await peer.finish()
            } body: {
                try await drain($0)
            }
            #expect(frames == expected)
            #expect(close == ConnectionClose(code: nil, isLocal: false, isClean: true))
        }
    }

    @Test("A close frame or a broken frame that comes with the 101 is reported by next()")
    func gluedEnd() async throws {
        let close = try await meet { peer in
            try await peer.upgrade(glued: serverFrame(0x88, closePayload(1012)))
            try await peer.finish()
        } body: {
            try await drain($0).close
        }
        #expect(close?.code == 1012)
        try await meet { peer in
            try await peer.upgrade(glued: [0xC1, 0x00])
            #expect(try await peer.finish() == 1002)
        } body: { connection in
            let error = await #expect(throws: PhoenixError.self) { try await connection.inbound.next() }
            #expect(error?.code == .transportProtocol)
            let last = try await connection.inbound.next()
            #expect(last == nil)
        }
    }

    @Test("An extension that was agreed on is applied to messages both ways, fragments included")
    func extensions() async throws {
        let inverted = Array("hello".utf8).map { ~$0 }
        try await meet {
            $0.wireExtensions = [TaggedExtension(name: "x-none"), TaggedExtension()]
        } serve: { peer in
            let head = try await peer.upgrade(headers: ["Sec-WebSocket-Extensions: x-invert; level=\"1,2\""])
            #expect(PeerConnection.field("sec-websocket-extensions", in: head) == "x-none; level=1, x-invert; level=1")
            try await peer.send(serverFrame(0xC1, inverted) + serverFrame(0x81, "plain"))
            try await peer.send(serverFrame(0x41, Array(inverted[..<2])) + serverFrame(0x80, Array(inverted[2...])))
            let changed = try await peer.receiveFrame()
            #expect(changed.first == 0xC1 && changed.payload == inverted)
            let plain = try await peer.receiveFrame()
            #expect(plain.first == 0x81 && plain.text == "hi")
            try await peer.send(serverFrame(0x41, inverted) + serverFrame(0xC0, []))
            #expect(try await peer.finish() == 1002)
        } body: { connection in
            #expect(connection.details.extensions == ["x-invert"])
            try await connection.outbound.write([.text("hello"), .text("hi")])
            var frames: [Frame] = []
            let error = await #expect(throws: PhoenixError.self) {
                while case .frames(let batch)? = try await connection.inbound.next() { frames += batch.frames }
            }
            #expect(frames == [.text("hello"), .text("plain"), .text("hello")])
            #expect(error?.code == .transportProtocol)
        }
    }

    @Test("Two extensions that both claim RSV1 are refused, as is an answer to none")
    func twoExtensions() async throws {
        let error = try await refusal {
            $0.wireExtensions = [TaggedExtension(name: "x-a"), TaggedExtension()]
        } serve: { peer in
            try await peer.upgrade(headers: ["Sec-WebSocket-Extensions: x-a, x-invert"])
            _ = try await peer.receiveToEnd()
        }
        #expect(error.code == .upgradeInvalid)
    }
}
