internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

@Suite("A refused upgrade", .timeLimit(.minutes(1)))
struct RefusalTests {
    @Test(
        "Each status is reported with what may help, and no secret of a Location",
        arguments: [
            (302, ["Location: https://login.example.org/x?secret=1"], "https://login.example.org;"),
            (301, ["Location: /other?secret=1"], "another path"), (307, [], "does not name"),
            (400, [], "proxy"), (401, [], "token"), (403, [], "vsn"), (404, [], "/websocket"), (407, [], "proxy"),
            (426, [], "proxy"), (429, ["Retry-After: 17"], "17 s"), (500, [], "auth_token"), (501, [], "gateway"),
            (502, [], "gateway"), (503, ["Retry-After: Wed, 21 Oct 2026 07:28:00 GMT"], "later"), (504, [], "gateway"),
            (200, [], "Phoenix socket"),
        ] as [(Int, [String], String)]
    )
    func statuses(status: Int, lines: [String], hint: String) async throws {
        let error = try await refusal { peer in
            _ = try await peer.receiveHead()
            let head = (["HTTP/1.1 \(status) X", "Content-Length: 4", "X-Mixed: Case"] + lines).joined(
                separator: "\r\n"
            )
            try await peer.send(head + "\r\n\r\nbody")
            #expect(try await peer.receiveToEnd() == [])
        }
        #expect(error.code == .upgradeRefused)
        #expect(error.message.contains("\(status)") && error.message.contains(hint), "\(error.message)")
        #expect(!error.message.contains("secret"))
        let cause = try #require(error.cause as? UpgradeRefusal)
        #expect(cause.status == status && cause.body.text == "body")
        #expect(cause.headers.first == HeaderField("content-length", "4") && cause.header("X-Mixed") == "Case")
    }

    @Test(
        "The body is kept whatever its framing, up to the limit",
        arguments: [
            ("Content-Length: 0\r\n\r\n", ""), ("Content-Length: 9\r\n\r\n123456789", "12345678"),
            ("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"),
            ("Transfer-Encoding: chunked\r\n\r\nff\r\n1234567890", "12345678"),
            ("Connection: close\r\n\r\nuntil", "until"),
            ("Content-Length: 100\r\n\r\ncut", "cut"), ("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz", "abc"),
        ]
    )
    func bodies(text: String, expected: String) async throws {
        let error = try await refusal {
            $0.limits.refusalBody = 8
        } serve: { peer in
            _ = try await peer.receiveHead()
            try await peer.send("HTTP/1.1 403 Forbidden\r\n" + text)
            try await peer.close()
        }
        #expect((error.cause as? UpgradeRefusal)?.body.text == expected)
    }

    @Test("A body that does not end is waited for until the deadline of the upgrade and no longer")
    func endlessBody() async throws {
        let clock = ManualClock()
        let answer = "HTTP/1.1 503 X\r\nContent-Length: 100\r\n\r\nwait"
        let processed = Line<Int>()
        let connector = ChoppingConnector(cuts: [], passed: { processed.put($0) })
        let error = try await refusal(WebSocketTransport(connector: connector)) {
            $0.clock = clock
            $0.deadlines.upgrade = .seconds(3)
        } serve: { peer in
            _ = try await peer.receiveHead()
            try await peer.send(answer)
            while try await processed.take() < answer.utf8.count {}
            await clock.reach(.seconds(3))
            #expect(try await peer.receiveToEnd() == [])
        }
        #expect(error.code == .upgradeRefused)
        #expect((error.cause as? UpgradeRefusal)?.body.text == "wait")
        #expect(clock.sleepers == 0)
    }
}
