import PhoenixKit
import Testing

@testable import PhoenixTestServer

/// How upgrades are judged, and in which order.
@Suite struct UpgradeTests {
    private static let site = Site { site in
        site.socket("/socket") { socket in
            socket.onConnect { request in
                switch request.parameters["refuse"]?.string {
                case "teapot": .refuse(status: 418, headers: [HeaderField("x-pot", "tea")], body: "short and stout")
                case nil: .accept(id: "user:1")
                default: .refuse()
                }
            }
        }
        site.socket("/token") { socket in
            socket.readsAuthToken = true
            socket.onConnect { $0.authToken == "a~?>~~" ? .accept() : .refuse() }
        }
    }

    private func status(_ target: String, method: String = "GET", headers: [(String, String)] = []) -> Int? {
        switch TestWorld(Self.site).answer(target, method: method, headers: headers) {
        case .respond(let response): response.status
        case .upgrade: 101
        case .later: nil
        }
    }

    @Test(arguments: [
        ("", 101), ("?vsn=1.0.0", 101), ("?vsn=2.0.0", 101), ("?vsn=2.0.17", 101), ("?vsn=1.0.9", 101),
        ("?vsn=2.0.0%2Bbuild", 101), ("?vsn=2.0.1-rc.1", 101), ("?vsn=2.0.0-rc.1", 403), ("?vsn=2.1.0", 403),
        ("?vsn=3.0.0", 403), ("?vsn=2", 403), ("?vsn=2.0", 403), ("?vsn=", 403), ("?vsn=02.0.0", 403),
        ("?vsn=2.0.0.0", 403), ("?vsn=99999999999999999999.0.0", 403), ("?vsn=1.0.0&vsn=2.0.0", 101),
        ("?vsn=2.0.0&vsn=x", 403), ("?vsn[a]=2.0.0", 403), ("?vsn=%2D1.0.0", 403),
    ])
    func `The version must fit as Elixir's ~> has it`(_ query: String, _ expected: Int) {
        #expect(status("/socket/websocket" + query) == expected)
    }

    @Test func `The last of two versions decides`() throws {
        let world = TestWorld(Self.site)
        _ = try world.connect("/socket/websocket?vsn=1.0.0&vsn=2.0.0")
        #expect(world.world.sockets[1]?.serializer.version == "2.0.0")
    }

    @Test func `A refusal is the socket's own, and comes before the handshake is looked at`() {
        let world = TestWorld(Self.site)
        let answer = world.answer("/socket/websocket?refuse=teapot", headers: [("connection", "keep-alive")])
        guard case .respond(let response) = answer else {
            Issue.record("not refused")
            return
        }
        let teapot = SiteResponse(status: 418, headers: [HeaderField("x-pot", "tea")], body: Bytes("short and stout"))
        #expect(response == teapot)
        #expect(world.journal.entries.map(\.kind) == [.refused])
        #expect(world.journal.entries.first?.status == 418)
    }

    @Test(arguments: [
        ([("connection", "close")], "'connection' header must contain 'upgrade', got [\"close\"]"),
        ([("upgrade", "h2c")], "'upgrade' header must contain 'websocket', got [\"h2c\"]"),
        ([("sec-websocket-version", "12")], "'sec-websocket-version' header must equal '13', got [\"12\"]"),
    ])
    func `A broken handshake is answered with 400 and what is wrong`(_ headers: [(String, String)], _ complaint: String)
    {
        guard case .respond(let response) = TestWorld(Self.site).answer("/socket/websocket", headers: headers) else {
            Issue.record("not refused")
            return
        }
        #expect(response.status == 400)
        #expect(response.body.text == complaint)
    }

    @Test func `Header values may be lists and in any case`() {
        let headers = [("connection", "keep-alive, UPGRADE"), ("upgrade", "h2c,WebSocket")]
        #expect(status("/socket/websocket", headers: headers) == 101)
    }

    @Test(arguments: [
        ("phoenix, base64url.bearer.phx.YX4/Pn5+", 101), ("base64url.bearer.phx.YX4/Pn5+", 101),
        ("phoenix,base64url.bearer.phx.YX4_Pn5-", 500), ("phoenix, base64url.bearer.phx.wrong", 500),
        ("phoenix, base64url.bearer.phx.d3Jvbmc", 403), ("phoenix, base64url.bearer.phx.d3Jvbmc=", 403),
        ("mqtt, base64url.bearer.phx.YX4/Pn5+", 403), ("mqtt", 403), ("phoenix", 403),
        // With two tokens none is read, and neither is a subprotocol.
        ("phoenix, base64url.bearer.phx.YX4/Pn5+, base64url.bearer.phx.YX4/Pn5+", 403),
    ])
    func `An auth token comes as a subprotocol in standard base64`(_ header: String, _ expected: Int) {
        #expect(status("/token/websocket", headers: [("sec-websocket-protocol", header)]) == expected)
    }

    @Test func `A socket without auth tokens does not look at subprotocols`() {
        let world = TestWorld(Self.site)
        let answer = world.answer("/socket/websocket", headers: [("sec-websocket-protocol", "mqtt, phoenix")])
        guard case .upgrade(_, let headers, _) = answer else {
            Issue.record("refused")
            return
        }
        #expect(headers.isEmpty)
    }

    @Test func `Parameters nest as Plug nests them, and later ones win`() throws {
        let query = "a=1&a=2&user[id]=7&user[name]=J%C3%B6+B&list[]=x&list[]=y&deep[a][b][]=z&odd]=1&[x]=2&flag"
        let world = TestWorld(Self.site)
        _ = try world.connect("/socket/websocket?vsn=2.0.0&" + query)
        let parameters = world.world.sockets[1]?.request.parameters
        #expect(
            parameters == [
                "vsn": "2.0.0", "a": "2", "user": ["id": "7", "name": "Jö B"], "list": ["x", "y"],
                "deep": ["a": ["b": ["z"]]], "odd]": "1", "[x]": "2", "flag": "",
            ]
        )
    }

    @Test func `Names that nest too deep are taken literally`() {
        let name = "a" + String(repeating: "[b]", count: 100)
        #expect(QueryTree.parameters(of: name + "=1") == [name: "1"])
    }

    @Test func `Paths that are no socket's are answered 404, and other methods 400`() {
        #expect(status("/socket") == 404)
        #expect(status("/nothing/websocket") == 404)
        #expect(status("/websocket") == 404)
        #expect(status("/socket/websocket", method: "POST") == 400)
    }

    @Test func `The key is answered as RFC 6455 section 1.3 says`() {
        #expect(Handshake.accept(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test(arguments: [
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"), ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
    ])
    func `SHA-1 is that of its standard`(_ text: String, _ expected: String) {
        let digits = Array("0123456789abcdef")
        let hash = SHA1.hash(Array(text.utf8)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        #expect(String(hash) == expected)
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_795_419_394, "Mon, 23 Nov 2026 07:36:34 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ])
    func `Dates are written as HTTP writes them`(_ seconds: Int, _ expected: String) {
        #expect(HTTPDate.text(secondsSinceEpoch: seconds) == expected)
    }

    @Test(arguments: [
        ("room:*", "room:1", true), ("room:*", "room:", true), ("room:*", "room", false), ("lobby", "lobby", true),
        ("lobby", "lobby2", false), ("*", "", true), ("*", "anything", true), ("", "", true), ("", "x", false),
    ])
    func `A pattern is a topic or the beginning of topics`(_ pattern: String, _ topic: String, _ fits: Bool) {
        #expect(TopicPattern(pattern).matches(Bytes(topic)) == fits)
    }
}
