internal import PhoenixKit
internal import PhoenixTesting
internal import Testing

@testable internal import PhoenixLongPoll

@Suite("Long-poll transport", .timeLimit(.minutes(1)))
struct TransportTests {
    /// Opens a connection whose server is the script.
    private func connect<Result: Sendable>(
        _ engine: ScriptedEngine,
        _ request: ConnectionRequest,
        _ configuration: LongPollTransport.Configuration = .init(),
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        async let opening: Void = engine.next(.get).answer(opened)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(
                try await LongPollTransport(engine: engine, configuration: configuration).withConnection(request, body)
            )
        } catch {
            result = .failure(error)
        }
        await opening
        #expect(engine.openSessions == 0)
        return try result.get()
    }

    // MARK: Conversation

    @Test("frames go out in POSTs and come in with polls, in order")
    func conversation() async throws {
        let engine = ScriptedEngine()
        let clock = TestClock()
        try await connect(engine, request { $0.clock = clock }) { connection in
            try await connection.outbound.write([.text("[1]"), .binary([1, 2]), .text("[2]")])
            let post = await engine.next(.post)
            #expect(post.body == "[1]\nAQI=\n[2]")
            post.answer(accepted)

            async let first = connection.inbound.next()
            let poll = await engine.next(.get)
            clock.advance(by: .seconds(3))
            poll.answer(messages("[3]", #"["x"]"#))
            let event = try await first
            #expect(event.texts == ["[3]", #"["x"]"#])
            if case .frames(let batch)? = event { #expect(batch.arrival == Timestamp(nanoseconds: 3_000_000_000)) }
        }
        #expect(clock.sleeperCount == 0)
    }

    @Test("the next poll starts when the reader pulls, not before")
    func backPressure() async throws {
        let engine = ScriptedEngine()
        try await connect(engine, request()) { connection in
            #expect(engine.all.count == 1)
            async let first = connection.inbound.next()
            await engine.next(.get).answer(messages("[1]"))
            #expect(try await first.texts == ["[1]"])
            // A whole exchange later there is still no other poll.
            try await connection.outbound.write([.text("[2]")])
            await engine.next(.post).answer(accepted)
            try await connection.outbound.write([.text("[3]")])
            await engine.next(.post).answer(accepted)
            #expect(engine.all.count { $0.request.method == .get } == 2)
            async let second = connection.inbound.next()
            await engine.next(.get).answer(messages("[4]"))
            #expect(try await second.texts == ["[4]"])
        }
    }

    @Test("a reader that is cancelled loses nothing: its poll goes on, and the next reader gets the answer")
    func cancelledReader() async throws {
        let engine = ScriptedEngine()
        try await connect(engine, request()) { connection in
            let inbound = connection.inbound
            let reader = Task { try await inbound.next() }
            let poll = await engine.next(.get)
            reader.cancel()
            await #expect(throws: CancellationError.self) { try await reader.value }
            #expect(!poll.isCancelled)
            poll.answer(messages("[1]"))
            let event = try await inbound.next()
            #expect(event.texts == ["[1]"])
        }
    }

    @Test("a second reader is refused")
    func secondReader() async throws {
        let engine = ScriptedEngine()
        try await connect(engine, request()) { connection in
            async let first = connection.inbound.next()
            let poll = await engine.next(.get)
            let error = await #expect(throws: PhoenixError.self) { try await connection.inbound.next() }
            #expect(error?.code == .alreadyRunning)
            poll.answer(messages("[1]"))
            let event = try await first
            #expect(event.texts == ["[1]"])
        }
    }

    @Test("B23: a batch with one misfit is refused as a whole, and the connection goes on")
    func misfit() async throws {
        let engine = ScriptedEngine()
        try await connect(engine, request()) { connection in
            let error = await #expect(throws: PhoenixError.self) {
                try await connection.outbound.write([.text("[1]"), .text("{}")])
            }
            #expect(error?.code == .encoding)
            try await connection.outbound.write([.text("[2]")])
            let post = await engine.next(.post)
            #expect(post.body == "[2]")
            post.answer(accepted)
        }
    }

    @Test("V1: one message a request, as application/json")
    func maps() async throws {
        let engine = ScriptedEngine()
        try await connect(engine, request("http://example.test/socket/longpoll?vsn=1.0.0") { $0.serializer = mapsOnly })
        {
            try await $0.outbound.write([.text(#"{"ref":"1"}"#), .text(#"{"ref":"2"}"#)])
            for body in [#"{"ref":"1"}"#, #"{"ref":"2"}"#] {
                let post = await engine.next(.post)
                #expect(post.body == body)
                #expect(post.header("content-type") == "application/json")
                post.answer(accepted)
            }
        }
    }

    // MARK: Requests

    @Test("B23: the requests are these, to the letter")
    func golden() async throws {
        let engine = ScriptedEngine()
        let url = "http://example.test:4000/socket/longpoll?token=mine&vsn=2.0.0"
        let asked = try request(url) {
            $0.headers = [HeaderField("X-Tenant", "7")]
            $0.authToken = "secret"
        }
        try await connect(engine, asked) { connection in
            try await connection.outbound.write([.text("[1]")])
            await engine.next(.post).answer(accepted)
            async let event = connection.inbound.next()
            await engine.next(.get).answer(messages("[1]"))
            _ = try await event
        }
        let base = "/socket/longpoll?token=mine&vsn=2.0.0"
        let json = HeaderField("accept", "application/json")
        let session = HeaderField("x-phoenix-longpoll-token", "T1")
        let auth = HeaderField("x-phoenix-authtoken", "secret")
        let mine = HeaderField("X-Tenant", "7")
        #expect(engine.all.map(\.target) == [base, base + "&token=T1", base + "&token=T1"])
        #expect(engine.all.map { $0.request.method } == [.get, .post, .get])
        #expect(engine.all.allSatisfy { $0.request.url.host == "example.test" && $0.request.url.port == 4000 })
        #expect(
            engine.all.map { $0.request.headers } == [
                [json, auth, mine],
                [HeaderField("content-type", "application/x-ndjson"), json, session, mine],
                [json, auth, session, mine],
            ]
        )
        #expect(engine.all.map { $0.request.timeout } == [.seconds(30), .seconds(40), .seconds(40)])
        #expect(engine.all.allSatisfy { $0.request.responseLimit == 64_000_000 })
        for scripted in engine.all {
            let shown = "\(scripted.request) \(scripted.request.headers)"
            #expect(!shown.contains("T1") && !shown.contains("mine") && !shown.contains("secret"))
        }
    }

    @Test(
        "what would break a request is refused before anything is sent",
        arguments: [
            HeaderField("Content-Type", "x"), HeaderField("ACCEPT", "x"), HeaderField("X-Phoenix-Longpoll-Token", "x"),
            HeaderField("x-phoenix-authtoken", "x"), HeaderField("Content-Length", "1"), HeaderField("a b", "x"),
            HeaderField("x", "a\r\nb: c"), HeaderField("Connection", "close"), HeaderField("", "x"),
        ]
    )
    func headers(_ field: HeaderField) async throws {
        let engine = ScriptedEngine()
        let error = await #expect(throws: PhoenixError.self) {
            try await LongPollTransport(engine: engine).withConnection(request { $0.headers = [field] }) { _ in }
        }
        #expect(error?.code == .invalidOption)
        #expect(engine.sessionCount == 0)
    }

    @Test("URLs of another scheme and auth tokens that break a header are refused")
    func refusals() async throws {
        let engine = ScriptedEngine()
        let transport = LongPollTransport(engine: engine)
        for url in ["ws://h/longpoll", "ftp://h/longpoll"] {
            let error = await #expect(throws: PhoenixError.self) {
                try await transport.withConnection(request(url)) { _ in }
            }
            #expect(error?.code == .invalidURL)
        }
        let error = await #expect(throws: PhoenixError.self) {
            try await transport.withConnection(request { $0.authToken = "a\nb" }) { _ in }
        }
        #expect(error?.code == .invalidOption && error?.message.contains("a\nb") == false)
        #expect(engine.sessionCount == 0)
    }

    // MARK: Opening

    /// What `withConnection` throws when the first request is answered so.
    private func refusal(_ body: String, status: Int = 200, headers: [HeaderField] = []) async throws -> PhoenixError {
        let engine = ScriptedEngine()
        async let answered: Void = engine.next(.get).answer(body, status: status, headers: headers)
        let error = await #expect(throws: PhoenixError.self) {
            try await LongPollTransport(engine: engine).withConnection(request()) { _ in Issue.record("It was opened.")
            }
        }
        await answered
        #expect(engine.openSessions == 0 && engine.all.count == 1)
        return try #require(error)
    }

    @Test("a refusal is one whether HTTP says it or the body", arguments: [401, 403, 404, 407, 429, 500, 502, 503])
    func refused(_ status: Int) async throws {
        let fields = [HeaderField("retry-after", "7")]
        let byHTTP = try await refusal("<html>no</html>", status: status, headers: fields)
        #expect(byHTTP.code == .upgradeRefused && byHTTP.stage == .upgrade)
        let cause = try #require(byHTTP.cause as? UpgradeRefusal)
        #expect(cause == UpgradeRefusal(status: status, headers: fields, body: "<html>no</html>"))
        let inBody = try await refusal(#"{"status":\#(status)}"#)
        #expect(inBody.code == .upgradeRefused)
        #expect((inBody.cause as? UpgradeRefusal)?.status == status)
    }

    @Test("a redirect is refused, and its path and query stay secret")
    func redirect() async throws {
        let error = try await refusal(
            "",
            status: 302,
            headers: [HeaderField("location", "https://login.example.org/x?token=secret")]
        )
        #expect(error.code == .upgradeRefused)
        #expect(error.message.contains("https://login.example.org;"))
        #expect(!error.message.contains("secret"))
        #expect((error.cause as? UpgradeRefusal)?.status == 302)
    }

    @Test(
        "an answer that is no long-poll server's is told from a refusal",
        arguments: [
            "<html>Please log in</html>", "", "{}", nothing, #"{"status":410}"#, #"{"status":410,"token":""}"#,
            #"{"status":410,"token":"a b"}"#, #"{"status":410,"token":"a\nb"}"#, #"{"status":700}"#,
        ]
    )
    func invalid(_ body: String) async throws {
        let error = try await refusal(body)
        #expect(error.code == .upgradeInvalid && error.stage == .upgrade)
        #expect(error.cause as? UpgradeRefusal == UpgradeRefusal(status: 200, headers: [], body: Bytes(body)))
    }

    @Test("of a refusal's body only the beginning is kept, and headers beyond the limit are refused")
    func limits() async throws {
        let error = try await refusal(String(repeating: "x", count: 10_000), status: 502)
        #expect((error.cause as? UpgradeRefusal)?.body.count == 4_096)
        let large = try await refusal(opened, headers: [HeaderField("x", String(repeating: "y", count: 40_000))])
        #expect(large.code == .limitExceeded)
    }

    @Test("the headers of the answer are told")
    func details() async throws {
        let engine = ScriptedEngine()
        async let answered: Void = engine.next(.get).answer(opened, headers: [HeaderField("server", "Cowboy")])
        try await LongPollTransport(engine: engine).withConnection(request()) { connection in
            #expect(connection.details.headers == [HeaderField("server", "Cowboy")])
            #expect(connection.details.subprotocol == nil && connection.details.extensions.isEmpty)
        }
        await answered
    }

    @Test("a proxy of ours that asks for credentials is told from a server")
    func proxy() async throws {
        let engine = ScriptedEngine()
        async let answered: Void = engine.next(.get).answer("who?", status: 407)
        let error = await #expect(throws: PhoenixError.self) {
            try await LongPollTransport(engine: engine).withConnection(
                request { $0.proxy = .http(host: "proxy.test", port: 3128) }
            ) { _ in }
        }
        await answered
        #expect(error?.code == .proxyRefused)
        #expect((error?.cause as? ProxyRefusal)?.status == 407)
    }

    // MARK: The end

    @Test("B24: 410 is a close by the server, and nothing follows it")
    func sessionGone() async throws {
        let engine = ScriptedEngine()
        try await connect(engine, request()) { connection in
            async let event = connection.inbound.next()
            await engine.next(.get).answer(gone)
            let close = try #require(try await event.close)
            #expect(!close.isLocal && close.isClean && close.code == nil)
            #expect(try await connection.inbound.next() == nil)
            let error = await #expect(throws: PhoenixError.self) { try await connection.outbound.write([.text("[1]")]) }
            #expect(error?.code == .disconnected)
        }
        #expect(engine.all.count == 2)
    }

    @Test("B25: a POST that fails ends the connection for the reader and for writers that wait, and is sent once")
    func lostPost() async throws {
        let engine = ScriptedEngine()
        try await connect(engine, request { $0.limits.writeBuffer = 0 }) { connection in
            let event = connection.reading()
            let poll = await engine.next(.get)
            let write = connection.writing("[1]")
            await engine.next(.post).fail(PhoenixError(.unreachable, "The cable was cut."))
            let failure = await #expect(throws: PhoenixError.self) { try await write.value }
            #expect(failure?.code == .unreachable && failure?.mayHaveBeenHandled == true)
            let seen = await #expect(throws: PhoenixError.self) { try await event.value }
            #expect(seen?.message == failure?.message)
            let after = try await connection.inbound.next()
            #expect(after == nil)
            #expect(!poll.isCancelled)
        }
        #expect(engine.all.count { $0.request.method == .post } == 1)
    }

    @Test("what an engine throws of its own is wrapped, and names no secret of ours")
    func foreignError() async throws {
        struct Oops: Error {}
        let engine = ScriptedEngine()
        try await connect(engine, request()) { connection in
            let event = connection.reading()
            await engine.next(.get).fail(Oops())
            let error = await #expect(throws: PhoenixError.self) { try await event.value }
            #expect(error?.code == .unreachable && error?.message.contains("T1") == false)
            #expect((error?.cause as? PhoenixError)?.cause is Oops)
        }
    }

    @Test("an engine that cancels by itself has failed")
    func selfCancelled() async throws {
        let engine = ScriptedEngine()
        try await connect(engine, request()) { connection in
            let event = connection.reading()
            await engine.next(.get).fail(CancellationError())
            let error = await #expect(throws: PhoenixError.self) { try await event.value }
            #expect(error?.code == .unreachable)
        }
    }

    @Test("close sends what was written first, then reports a close of ours")
    func close() async throws {
        let engine = ScriptedEngine()
        try await connect(engine, request { $0.deadlines.close = .seconds(50) }) { connection in
            try await connection.outbound.write([.text("[1]")])
            try await connection.outbound.write([.text("[2]")])
            await connection.outbound.close(code: 1000, reason: "done")
            await connection.outbound.close(code: 1001, reason: "again")
            async let event = connection.inbound.next()
            await engine.next(.post).answer(accepted)
            let second = await engine.next(.post)
            #expect(second.body == "[2]")
            second.answer(accepted)
            #expect(try await event.close == ConnectionClose(code: 1000, reason: "done", isLocal: true))
            #expect(try await connection.inbound.next() == nil)
        }
    }

    @Test("a close that finds nothing to send is over at once, whatever the poll does")
    func closeAtOnce() async throws {
        let engine = ScriptedEngine()
        let poll = try await connect(engine, request()) { connection in
            async let event = connection.inbound.next()
            let poll = await engine.next(.get)
            await connection.outbound.close(code: 1000, reason: "")
            let close = try await event.close
            #expect(close?.isLocal == true)
            return poll
        }
        #expect(poll.isCancelled)
    }

    @Test("when the body is done, what it wrote is sent, and the poll is given up")
    func bodyDone() async throws {
        let engine = ScriptedEngine()
        async let posted: String = {
            let post = await engine.next(.post)
            post.answer(accepted)
            return post.body
        }()
        try await connect(engine, request()) { connection in
            try await connection.outbound.write([.text("[1]")])
        }
        #expect(await posted == "[1]")
    }

    @Test("what the body throws comes out")
    func bodyThrows() async throws {
        struct Oops: Error {}
        let engine = ScriptedEngine()
        await #expect(throws: Oops.self) {
            try await connect(engine, request()) { _ in throw Oops() }
        }
    }

    @Test("cancelling the task ends the connection at once, with a poll and a POST on their way")
    func cancelled() async throws {
        let engine = ScriptedEngine()
        let clock = TestClock()
        let asked = try request { $0.clock = clock }
        let task = Task {
            try await LongPollTransport(engine: engine).withConnection(asked) { connection in
                try await connection.outbound.write([.text("[1]")])
                return try await connection.inbound.next()
            }
        }
        await engine.next(.get).answer(opened)
        let poll = await engine.next(.get)
        let post = await engine.next(.post)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(poll.isCancelled && post.isCancelled && engine.openSessions == 0)
        #expect(clock.sleeperCount == 0)
    }

    @Test("cancelling the task while the session is being opened ends the attempt at once")
    func cancelledOpening() async throws {
        let engine = ScriptedEngine()
        let asked = try request()
        let task = Task { try await LongPollTransport(engine: engine).withConnection(asked) { _ in } }
        let opening = await engine.next(.get)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(opening.isCancelled && engine.openSessions == 0)
    }

    // MARK: Deadlines

    @Test("a server that does not answer the first request ends with a deadline of connecting and upgrading")
    func openingDeadline() async throws {
        for (url, seconds) in [("http://h/longpoll", 303), ("https://h/longpoll", 505)] {
            let engine = ScriptedEngine()
            let clock = TestClock()
            let asked = try request(url) {
                $0.clock = clock
                $0.deadlines = ConnectionDeadlines(connect: .seconds(101), tls: .seconds(202), upgrade: .seconds(202))
            }
            async let expired: Void = {
                await clock.waitForSleeper(until: .seconds(seconds))
                _ = await engine.next(.get)
                clock.advance(by: .seconds(seconds))
            }()
            let error = await #expect(throws: PhoenixError.self) {
                try await LongPollTransport(engine: engine).withConnection(asked) { _ in }
            }
            await expired
            #expect(error?.code == .timeout)
            #expect(engine.openSessions == 0 && clock.sleeperCount == 0)
        }
    }

    @Test("B34: a poll that is not answered ends the connection with its deadline, which follows the server's window")
    func pollDeadline() async throws {
        let engine = ScriptedEngine()
        let clock = TestClock()
        try await connect(engine, request { $0.clock = clock }, .init(pollDeadline: .seconds(42))) { connection in
            let event = connection.reading()
            let first = await engine.next(.get)
            await clock.waitForSleeper(until: .seconds(42))
            clock.advance(by: .seconds(10))
            first.answer(nothing)
            let second = await engine.next(.get)
            await clock.waitForSleeper(until: .seconds(30))
            clock.advance(by: .seconds(20))
            let error = await #expect(throws: PhoenixError.self) { try await event.value }
            #expect(error?.code == .timeout && error?.message.contains("20.0 seconds") == true)
            #expect(second.isCancelled)
        }
        #expect(clock.sleeperCount == 0)
        #expect(engine.all.count == 3)
    }

    @Test("one watch serves many requests, and the last of them has its own deadline")
    func oneWatch() async throws {
        let engine = ScriptedEngine()
        let clock = TestClock()
        try await connect(engine, request { $0.clock = clock }, .init(pollDeadline: .seconds(42))) { connection in
            for index in 0..<40 {
                let event = connection.reading()
                let poll = await engine.next(.get)
                if index == 0 { await clock.waitForSleeper(until: .seconds(42)) }
                #expect(clock.sleeperCount == 1)
                clock.advance(by: .seconds(1))
                poll.answer(messages("[\(index)]"))
                let received = try await event.value
                #expect(received.texts == ["[\(index)]"])
            }
            let event = connection.reading()
            let last = await engine.next(.get)
            clock.advance(by: .seconds(2))
            await clock.waitForSleeper(until: .seconds(82))
            clock.advance(by: .seconds(39))
            #expect(clock.sleeperCount == 1 && !last.isCancelled)
            clock.advance(by: .seconds(1))
            let error = await #expect(throws: PhoenixError.self) { try await event.value }
            #expect(error?.code == .timeout && last.isCancelled)
        }
        #expect(clock.sleeperCount == 0)
    }

    @Test("B22: a POST that is never answered ends the connection with its deadline")
    func postDeadline() async throws {
        let engine = ScriptedEngine()
        let clock = TestClock()
        try await connect(engine, request { $0.clock = clock }, .init(pollDeadline: .seconds(42))) { connection in
            try await connection.outbound.write([.text("[1]")])
            let post = await engine.next(.post)
            try await connection.outbound.write([.text("[2]")])
            await clock.waitForSleeper(until: .seconds(42))
            clock.advance(by: .seconds(42))
            let error = await #expect(throws: PhoenixError.self) { try await connection.inbound.next() }
            #expect(error?.code == .timeout && error?.mayHaveBeenHandled == true)
            #expect(post.isCancelled)
            let refused = await #expect(throws: PhoenixError.self) {
                try await connection.outbound.write([.text("[3]")])
            }
            #expect(refused?.code == .disconnected)
        }
        #expect(engine.all.count { $0.request.method == .post } == 1)
    }

    @Test("B34: a write that finds no room ends the connection with the write deadline")
    func writeDeadline() async throws {
        let engine = ScriptedEngine()
        let clock = TestClock()
        let asked = try request {
            $0.clock = clock
            $0.limits.writeBuffer = 5
            $0.deadlines.write = .seconds(7)
        }
        try await connect(engine, asked) { connection in
            try await connection.outbound.write([.text("[1]")])
            let full = connection.writing("[2]")
            _ = await engine.next(.post)
            await clock.waitForSleeper(until: .seconds(7))
            clock.advance(by: .seconds(7))
            let error = await #expect(throws: PhoenixError.self) { try await full.value }
            #expect(error?.code == .timeout && error?.message.contains("writing") == true)
            await #expect(throws: PhoenixError.self) { try await connection.inbound.next() }
        }
        #expect(clock.sleeperCount == 0)
    }

    @Test("a write that waits for room goes on when enough has been acknowledged")
    func room() async throws {
        let engine = ScriptedEngine()
        try await connect(engine, request { $0.limits.writeBuffer = 5 }) { connection in
            try await connection.outbound.write([.text("[1]")])
            async let full: Void = connection.outbound.write([.text("[2]")])
            await engine.next(.post).answer(accepted)
            try await full
            await engine.next(.post).answer(accepted)
        }
    }

    @Test("a close whose POST is not answered is over with the close deadline")
    func closeDeadline() async throws {
        let engine = ScriptedEngine()
        let clock = TestClock()
        try await connect(engine, request { $0.clock = clock }) { connection in
            try await connection.outbound.write([.text("[1]")])
            _ = await engine.next(.post)
            await connection.outbound.close(code: 1000, reason: "")
            await clock.waitForSleeper(until: .seconds(5))
            clock.advance(by: .seconds(5))
            let close = try #require(try await connection.inbound.next().close)
            #expect(close.isLocal && !close.isClean)
        }
        #expect(clock.sleeperCount == 0)
    }

    // MARK: Order

    @Test("numbered frames reach the server in order and once, whatever the batches", arguments: 0..<4)
    func order(_ round: Int) async throws {
        let engine = ScriptedEngine()
        let total = 3_000
        let seed = UInt64(round)
        async let served: [String] = {
            var lines: [String] = []
            while lines.count < total {
                let post = await engine.next(.post)
                lines += post.body.split(separator: "\n").map(String.init)
                post.answer(accepted)
            }
            return lines
        }()
        try await connect(engine, request { $0.limits.writeBuffer = 500 }) { connection in
            var generator = SeededGenerator.forTests(seed)
            var next = 0
            while next < total {
                let count = min(Int.random(in: 1...150, using: &generator), total - next)
                try await connection.outbound.write((next..<next + count).map { .text("[\($0)]") })
                next += count
            }
        }
        #expect(await served == (0..<total).map { "[\($0)]" })
    }
}
