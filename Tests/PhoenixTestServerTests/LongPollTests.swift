import PhoenixKit
import Testing

@testable import PhoenixTestServer

/// Long polling without a network: transcripts of what the recordings do not show.
@Suite struct LongPollTests {
    private static func joined(_ reference: String = "1") -> String {
        Wire.reply("room:1", reference, #"{"joined":"room:1","params":{}}"#, joinReference: reference)
    }

    /// A session on `/short` (window 1.5 s, session timeout 0.5 s) that has joined `room:1` and been told so.
    private func joined(_ world: TestWorld) throws -> String {
        let token = try world.open("/short/longpoll?vsn=2.0.0")
        world.post(token, Wire.join("room:1"))
        try #require(world.poll(token)?.messages == [Self.joined()])
        return token
    }

    // MARK: Polls

    @Test func `A poll is answered at once with all that waits, in order`() throws {
        let world = TestWorld()
        let token = try joined(world)
        world.post(token, Wire.push("room:1", "2", "echo"), Wire.push("room:1", "3", "fail"))
        let reply = world.poll(token)
        #expect(reply?.status == 200)
        #expect(
            reply?.messages == [
                Wire.reply("room:1", "2"), Wire.reply("room:1", "3", #"{"reason":"failed"}"#, status: "error"),
            ]
        )
    }

    @Test func `A burst in one turn comes in one answer`() throws {
        let world = TestWorld()
        let token = try joined(world)
        let poll = world.request("GET", "/short/longpoll?vsn=2.0.0", token: token)
        world.post(token, Wire.push("room:1", "2", "burst", #"{"n":3,"size":0}"#))
        #expect(world.answer(to: poll)?.messages.count == 4)
    }

    @Test func `A poll is answered 204 when the window is over, not before, and the next message waits`() throws {
        let world = TestWorld()
        let token = try joined(world)
        let poll = world.request("GET", "/short/longpoll?vsn=2.0.0", token: token)
        world.advance(by: .milliseconds(1_499))
        #expect(world.answer(to: poll) == nil)
        world.advance(by: .milliseconds(1))
        #expect(world.answer(to: poll)?.status == 204)
        #expect(world.answer(to: poll)?.token == token)
        world.post(token, Wire.push("room:1", "2", "echo"))
        #expect(world.poll(token)?.messages == [Wire.reply("room:1", "2")])
    }

    @Test func `Of two polls the newer one gets the message, and the older one nothing`() throws {
        let world = TestWorld()
        let token = try joined(world)
        let older = world.request("GET", "/short/longpoll?vsn=2.0.0", token: token)
        let newer = world.request("GET", "/short/longpoll?vsn=2.0.0", token: token)
        world.post(token, Wire.push("room:1", "2", "echo"))
        #expect(world.answer(to: newer)?.messages == [Wire.reply("room:1", "2")])
        #expect(world.answer(to: older) == nil)
        world.advance(by: .milliseconds(1_500))
        #expect(world.answer(to: older)?.status == 204)
    }

    @Test func `A poll that nobody waits for any more takes the messages with it`() throws {
        let world = TestWorld()
        let token = try joined(world)
        // The world is not told that the client has gone, as Phoenix is not.
        let zombie = world.request("GET", "/short/longpoll?vsn=2.0.0", token: token)
        world.post(token, Wire.push("room:1", "2", "echo"))
        #expect(world.answer(to: zombie)?.messages == [Wire.reply("room:1", "2")])
        let next = world.request("GET", "/short/longpoll?vsn=2.0.0", token: token)
        #expect(world.answer(to: next) == nil)
    }

    @Test func `A message that is not UTF-8 costs the whole answer, and the session goes on`() throws {
        let world = TestWorld()
        let token = try joined(world)
        world.post(token, Wire.push("room:1", "2", "echo"), "AAEBBgsxM3Jvb206MWJpbmFyeV9lY2hv//4=")
        #expect(world.poll(token)?.http == 500)
        world.post(token, Wire.push("room:1", "4", "echo"))
        #expect(world.poll(token)?.messages == [Wire.reply("room:1", "4")])
    }

    // MARK: Posts

    @Test(arguments: [
        "", "\n", #"["1","2","room:1","echo",{}]"# + "\n", #"["1","2","room:1","echo",{}]"# + "\r\n",
        #"["1","2","room:1","ech"#, #"["1","2"]"#,
    ])
    func `An empty line and what is no message crash the session: 408 after the window, then 410`(
        _ body: String
    ) throws {
        let world = TestWorld()
        let token = try joined(world)
        let post = world.request("POST", "/short/longpoll?vsn=2.0.0", token: token, body: body)
        #expect(world.answer(to: post) == nil)
        #expect(world.world.sessions.isEmpty)
        world.advance(by: .milliseconds(1_500))
        #expect(world.answer(to: post)?.status == 408)
        let poll = world.request("GET", "/short/longpoll?vsn=2.0.0", token: token)
        #expect(world.answer(to: poll) == nil)
        world.advance(by: .milliseconds(500))
        #expect(world.answer(to: poll)?.status == 410)
        #expect(world.answer(to: poll)?.token != token)
    }

    @Test(arguments: [" [\"1\",\"2\",\"room:1\",\"echo\",{}]", "hello", "AAA", "AA==\n hi", "A_-=", "{}"])
    func `A line that neither begins as an array nor is base64 is answered 500, and nothing is looked at`(
        _ line: String
    ) throws {
        let world = TestWorld()
        let token = try joined(world)
        let post = world.post(token, Wire.push("room:1", "2", "echo"), line)
        #expect(post?.http == 500)
        let poll = world.request("GET", "/short/longpoll?vsn=2.0.0", token: token)
        #expect(world.answer(to: poll) == nil)
        world.post(token, Wire.push("room:1", "3", "echo"))
        #expect(world.answer(to: poll)?.messages == [Wire.reply("room:1", "3")])
    }

    @Test func `Lines may end in CRLF`() throws {
        let world = TestWorld()
        let token = try joined(world)
        let body = Wire.push("room:1", "2", "echo") + "\r\n" + Wire.push("room:1", "3", "echo")
        #expect(world.post(token, body)?.status == 200)
        #expect(world.poll(token)?.messages == [Wire.reply("room:1", "2"), Wire.reply("room:1", "3")])
    }

    @Test(arguments: [
        nil, "application/json", "text/plain", "application/x-ndjson; charset=utf-8", "APPLICATION/X-NDJSON",
    ])
    func `Under any other content type two lines are one message, which is none`(_ contentType: String?) throws {
        let world = TestWorld()
        let token = try joined(world)
        let body = Wire.push("room:1", "2", "echo") + "\n" + Wire.push("room:1", "3", "echo")
        world.request("POST", "/short/longpoll?vsn=2.0.0", token: token, contentType: contentType, body: body)
        #expect(world.world.sessions.isEmpty)
    }

    @Test func `A slow join is answered 408 after the window, joins all the same, and costs the rest of the batch`()
        throws
    {
        let world = TestWorld()
        let token = try world.open("/short/longpoll?vsn=2.0.0")
        let post = world.request(
            "POST",
            "/short/longpoll?vsn=2.0.0",
            token: token,
            body: Wire.join("room:1", "1", #"{"slow_ms":2000}"#) + "\n" + Wire.push("room:1", "2", "echo")
        )
        world.advance(by: .milliseconds(1_500))
        #expect(world.answer(to: post)?.status == 408)
        world.advance(by: .milliseconds(500))
        #expect(world.poll(token)?.messages.count == 1)
        #expect(world.journal.received().map(\.event) == ["phx_join"])
    }

    @Test func `While a join takes its time the session answers nobody: 410 after the session timeout`() throws {
        let world = TestWorld()
        let token = try world.open("/short/longpoll?vsn=2.0.0")
        world.request(
            "POST",
            "/short/longpoll?vsn=2.0.0",
            token: token,
            body: Wire.join("room:1", "1", #"{"slow_ms":1000}"#)
        )
        let poll = world.request("GET", "/short/longpoll?vsn=2.0.0", token: token)
        let post = world.request("POST", "/short/longpoll?vsn=2.0.0", token: token, body: Wire.heartbeat("9"))
        world.advance(by: .milliseconds(499))
        #expect(world.answer(to: poll) == nil)
        world.advance(by: .milliseconds(1))
        #expect(world.answer(to: poll)?.status == 410)
        #expect(world.answer(to: poll)?.token != token)
        #expect(world.answer(to: post)?.status == 410)
        #expect(world.answer(to: post)?.token == nil)
        // The old session is there again, and has not seen the heartbeat.
        world.advance(by: .milliseconds(500))
        #expect(world.poll(token)?.messages.count == 1)
    }

    @Test func `A message whose POST was given up is looked at all the same`() throws {
        let world = TestWorld()
        let token = try world.open("/short/longpoll?vsn=2.0.0")
        let slow = world.request(
            "POST",
            "/short/longpoll?vsn=2.0.0",
            token: token,
            body: Wire.join("room:1", "1", #"{"slow_ms":1600}"#)
        )
        world.advance(by: .milliseconds(1_500))
        #expect(world.answer(to: slow)?.status == 408)
        let late = world.request("POST", "/short/longpoll?vsn=2.0.0", token: token, body: Wire.heartbeat("9"))
        world.advance(by: .milliseconds(100))
        #expect(world.answer(to: late)?.status == 200)
        #expect(world.poll(token)?.messages.last == Wire.heartbeatReply("9"))
    }

    @Test func `V1 takes one message a POST`() throws {
        let world = TestWorld()
        let token = try world.open("/short/longpoll?vsn=1.0.0")
        let join = #"{"topic":"room:1","event":"phx_join","payload":{},"ref":"1"}"#
        #expect(world.post(token, join, version: "1.0.0")?.http == 500)
        let post = world.request(
            "POST",
            "/short/longpoll?vsn=1.0.0",
            token: token,
            contentType: "application/json",
            body: join
        )
        #expect(world.answer(to: post)?.status == 200)
        #expect(world.poll(token)?.messages.count == 1)
    }

    // MARK: Sessions

    @Test func `A session lives as long as it is polled, and POSTs do not count`() throws {
        let world = TestWorld()
        let token = try joined(world)
        for _ in 0..<4 {
            let poll = world.request("GET", "/short/longpoll?vsn=2.0.0", token: token)
            world.advance(by: .milliseconds(1_500))
            try #require(world.answer(to: poll)?.status == 204)
        }
        for _ in 0..<5 {
            world.post(token, Wire.heartbeat("2"))
            world.advance(by: .seconds(1))
        }
        #expect(world.world.sessions.isEmpty)
        #expect(world.world.topics[Bytes("room:1")].isEmpty)
        #expect(world.journal.entries.contains { $0.kind == .closed && $0.note == "not polled" })
    }

    @Test func `A disconnect leaves the parked poll to its window, and the next request finds no session`() throws {
        let world = TestWorld()
        let token = try joined(world)
        let poll = world.request("GET", "/short/longpoll?vsn=2.0.0", token: token)
        world.tell { world in ServerControl(world: world).drain() }
        #expect(world.world.sockets.isEmpty)
        world.advance(by: .milliseconds(1_499))
        #expect(world.answer(to: poll) == nil)
        world.advance(by: .milliseconds(1))
        #expect(world.answer(to: poll)?.status == 204)
        let post = world.request("POST", "/short/longpoll?vsn=2.0.0", token: token, body: Wire.heartbeat("2"))
        world.advance(by: .milliseconds(500))
        #expect(world.answer(to: post)?.status == 410)
    }

    @Test func `A killed transport ends the session without a word`() throws {
        let world = TestWorld()
        let token = try joined(world)
        #expect(world.post(token, Wire.push("room:1", "2", "kill_transport"))?.status == 200)
        #expect(world.world.sessions.isEmpty)
    }

    @Test func `The header's token counts and not the query's`() throws {
        let world = TestWorld()
        let token = try world.open()
        let target = "/socket/longpoll?vsn=2.0.0&token="
        let good = world.request("POST", target + "garbage", token: token, body: Wire.heartbeat("2"))
        #expect(world.answer(to: good)?.status == 200)
        let bad = world.request("POST", target + token, token: "garbage", body: Wire.heartbeat("3"))
        #expect(world.answer(to: bad)?.status == 410)
        let query = world.request("POST", target + token, body: Wire.heartbeat("4"))
        #expect(world.answer(to: query)?.status == 200)
    }

    @Test func `A token is as good as its signature`() throws {
        let world = TestWorld()
        let token = try world.open()
        #expect(try world.open() != token)
        for index in token.indices {
            var forged = token
            forged.replaceSubrange(index...index, with: token[index] == "A" ? "B" : "A")
            let post = world.request("POST", token: forged, body: Wire.heartbeat("2"))
            // At once: it is not even looked for.
            #expect(world.answer(to: post)?.status == 410)
        }
        #expect(world.world.sockets.count == 2)
    }

    @Test func `Another server takes a token for genuine with the same secret, and still has no such session`() throws {
        let token = try TestWorld(secret: "shared").open()
        let sharing = TestWorld(secret: "shared")
        let poll = sharing.request("GET", token: token)
        #expect(sharing.answer(to: poll) == nil)
        sharing.advance(by: .seconds(2))
        #expect(sharing.answer(to: poll)?.status == 410)
        #expect(TestWorld(secret: "other").poll(token)?.status == 410)
    }

    @Test func `A socket without long polling has no such path`() {
        let world = TestWorld(Site { $0.socket("/socket") { $0.longPoll.isEnabled = false } })
        #expect(world.answer(to: world.request("GET"))?.http == 404)
    }

    @Test(arguments: ["/socket/longpoll?vsn=9.0.0", "/socket/longpoll?vsn=2.0.0&reject=1", "/auth/longpoll?vsn=2.0.0"])
    func `A refusal is HTTP 200 with the status 403, and an entry in the journal`(_ target: String) {
        let world = TestWorld()
        let reply = world.answer(to: world.request("GET", target))
        #expect(reply?.http == 200)
        #expect(reply?.status == 403)
        #expect(
            world.journal.entries.contains { $0.kind == .refused && $0.status == 403 && $0.transport == "longpoll" }
        )
    }

    // MARK: Bounds

    @Test func `Sessions are bounded, and so is what waits in one`() throws {
        var limits = ServerLimits()
        limits.longPollSessions = 2
        limits.longPollMessages = 3
        let world = TestWorld(limits: limits)
        let token = try world.open()
        _ = try world.open()
        #expect(world.answer(to: world.request("GET"))?.http == 503)
        for number in 1...3 { world.post(token, Wire.heartbeat("\(number)")) }
        #expect(world.world.sessions.count == 2)
        world.request("POST", token: token, body: Wire.heartbeat("4"))
        #expect(world.world.sessions.count == 1)
    }

    @Test func `Bytes that wait in a session are bounded`() throws {
        var limits = ServerLimits()
        limits.longPollBytes = 100
        let world = TestWorld(limits: limits)
        let token = try world.open()
        world.post(token, Wire.heartbeat("1"))
        #expect(world.world.sessions.count == 1)
        world.request("POST", token: token, body: Wire.heartbeat("2"))
        #expect(world.world.sessions.isEmpty)
    }

    @Test func `Requests that wait are bounded`() throws {
        var limits = ServerLimits()
        limits.longPollSessions = 1
        let world = TestWorld(limits: limits)
        let token = try world.open()
        world.request("GET", token: token)
        #expect(world.answer(to: world.request("GET", token: token))?.http == 503)
    }

    @Test func `What is answered early leaves no timer behind`() throws {
        let world = TestWorld()
        let token = try world.open()
        for number in 1...1_000 {
            world.tell { $0.requestSettled($0.awaitRequest()) }
            let poll = world.request("GET", token: token)
            world.post(token, Wire.heartbeat("\(number)"))
            try #require(world.answer(to: poll)?.status == 200)
        }
        #expect(world.world.waitingTimers < 200)
    }
}

extension TestWorld {
    /// Posts a batch of lines.
    @discardableResult
    fileprivate func post(_ token: String, _ lines: String..., version: String = "2.0.0") -> LongPollReply? {
        answer(
            to: request(
                "POST",
                "/short/longpoll?vsn=\(version)",
                token: token,
                body: lines.joined(separator: "\n")
            )
        )
    }

    /// What a poll is answered with; nil when it has to wait.
    fileprivate func poll(_ token: String) -> LongPollReply? {
        answer(to: request("GET", "/short/longpoll?vsn=2.0.0", token: token))
    }
}
