internal import Foundation
internal import PhoenixKit
internal import Testing

@testable internal import PhoenixLongPoll

@Suite("URLSession engine", .timeLimit(.minutes(1)))
struct URLSessionEngineTests {
    /// Runs `body` with a server and a session that leads to it.
    private func withSession<Result>(
        _ react: @escaping @Sendable (RawServer.Request) -> RawServer.Reaction,
        engine: URLSessionEngine = URLSessionEngine(),
        _ body: (RawServer, any HTTPSession) async throws -> Result
    ) async throws -> Result {
        let server = try RawServer(react)
        defer { server.stop() }
        let session = try await Self.open(engine, server)
        defer { session.close() }
        return try await body(server, session)
    }

    private static func open(_ engine: URLSessionEngine, _ server: RawServer) async throws -> any HTTPSession {
        try await engine.open(HTTPSessionRequest(url: url(server, "/"), connectTimeout: .seconds(10), proxy: .none))
    }

    private static func url(_ server: RawServer, _ target: String) throws -> Endpoint {
        try Endpoint("http://127.0.0.1:\(server.port)\(target)")
    }

    private static func get(_ server: RawServer, _ target: String, limit: Int = 1_000_000) throws -> HTTPRequest {
        HTTPRequest(
            method: .get,
            url: try url(server, target),
            headers: [HeaderField("accept", "application/json")],
            timeout: .seconds(60),
            responseLimit: limit
        )
    }

    private static func post(_ server: RawServer, _ target: String, _ body: Bytes) throws -> HTTPRequest {
        HTTPRequest(
            method: .post,
            url: try url(server, target),
            headers: [
                HeaderField("content-type", "application/x-ndjson"), HeaderField("x-phoenix-longpoll-token", "T1"),
            ],
            body: body,
            timeout: .seconds(60),
            responseLimit: 1_000
        )
    }

    @Test("requests of one session share a connection, and reach the server as they are")
    func keepAlive() async throws {
        try await withSession({ .json("\($0.number)") }) { server, session in
            for _ in 0..<3 {
                _ = try await session.send(Self.get(server, "/a/longpoll?token=T%2B1&vsn=2.0.0"))
                _ = try await session.send(Self.post(server, "/a/longpoll?vsn=2.0.0", "[1]\n[2]"))
            }
            let requests = server.requests
            #expect(requests.map(\.connection) == [1, 1, 1, 1, 1, 1])
            #expect(requests[0].method == "GET" && requests[0].target == "/a/longpoll?token=T%2B1&vsn=2.0.0")
            #expect(requests[0].header("accept") == "application/json" && requests[0].body.isEmpty)
            #expect(requests[1].method == "POST" && requests[1].text == "[1]\n[2]")
            #expect(requests[1].header("content-type") == "application/x-ndjson")
            #expect(requests[1].header("content-length") == "7" && requests[1].header("expect") == nil)
            #expect(requests[1].header("x-phoenix-longpoll-token") == "T1")
            #expect(requests[1].header("host") == "127.0.0.1:\(server.port)")
        }
    }

    @Test("status, headers and body of an answer come as they are")
    func answer() async throws {
        try await withSession({ _ in .json("no", status: "503 Busy", "Retry-After: 7\r\n") }) { server, session in
            let response = try await session.send(Self.get(server, "/"))
            #expect(response.status == 503 && response.body == "no")
            #expect(response.headers == [HeaderField("content-length", "2"), HeaderField("retry-after", "7")])
        }
    }

    @Test("bodies of several megabytes pass both ways")
    func large() async throws {
        let body = Bytes([UInt8](repeating: UInt8(ascii: "x"), count: 8_000_000))
        try await withSession({ .json(String(repeating: "y", count: $0.body.count)) }) { server, session in
            var request = try Self.post(server, "/", body)
            request.responseLimit = 8_000_000
            let response = try await session.send(request)
            #expect(server.requests[0].body.count == 8_000_000)
            #expect(response.body.count == 8_000_000 && response.body[7_999_999] == UInt8(ascii: "y"))
        }
    }

    @Test("an answer beyond the limit is refused, whether it says how long it is or not")
    func limit() async throws {
        let plain = RawServer.response("200 OK", "", Array("12345".utf8))
        let chunked = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n".utf8)
        try await withSession({ .answer($0.target == "/plain" ? plain : chunked) }) { server, session in
            for target in ["/plain", "/chunked"] {
                let fitting = try await session.send(Self.get(server, target, limit: 5))
                #expect(fitting.body == "12345")
                let error = await #expect(throws: PhoenixError.self) {
                    try await session.send(Self.get(server, target, limit: 4))
                }
                #expect(error?.code == .limitExceeded)
            }
        }
    }

    @Test("gzip is undone")
    func gzip() async throws {
        // {"status":200}
        let packed = Data(base64Encoded: "H4sIAAAAAAACA6tWKi5JLCktVrIyMjCoBQCjP/U+DgAAAA==") ?? Data()
        let answer = RawServer.response("200 OK", "Content-Encoding: gzip\r\n", [UInt8](packed))
        try await withSession({ _ in .answer(answer) }) { server, session in
            let response = try await session.send(Self.get(server, "/"))
            #expect(response.body == #"{"status":200}"#)
            #expect(server.requests[0].header("accept-encoding")?.contains("gzip") == true)
        }
    }

    @Test("redirects are not followed", arguments: [301, 302, 303, 307, 308])
    func redirect(_ status: Int) async throws {
        try await withSession({ _ in .json("there", status: "\(status) Moved", "Location: /other\r\n") }) {
            server,
            session in
            for request in [try Self.get(server, "/"), try Self.post(server, "/", "[1]")] {
                let response = try await session.send(request)
                #expect(response.status == status && response.body == "there")
                #expect(response.headers.contains(HeaderField("location", "/other")))
            }
            #expect(server.requests.map(\.target) == ["/", "/"])
        }
    }

    @Test("a challenge is handed over as the answer it is, once", arguments: ["401 Unauthorized", "407 Who"])
    func challenge(_ status: String) async throws {
        let header = status.hasPrefix("401") ? "WWW-Authenticate" : "Proxy-Authenticate"
        let react: @Sendable (RawServer.Request) -> RawServer.Reaction = { _ in
            .json("who?", status: status, "\(header): Basic realm=\"x\"\r\n")
        }
        try await withSession(react) { server, session in
            for request in [try Self.get(server, "/"), try Self.post(server, "/", "[1]")] {
                let response = try await session.send(request)
                #expect("\(response.status)" == status.prefix(3) && response.body == "who?")
            }
            #expect(server.requests.count == 2)
        }
    }

    @Test("cookies are not sent back")
    func cookies() async throws {
        try await withSession({ _ in .json("{}", "Set-Cookie: a=b; Path=/\r\n") }) { server, session in
            for _ in 0..<2 { _ = try await session.send(Self.get(server, "/")) }
            #expect(server.requests.allSatisfy { $0.header("cookie") == nil })
        }
    }

    @Test("a connection that is cut, or never comes about, is an error that names no query")
    func unreachable() async throws {
        let cut = Array("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc".utf8)
        try await withSession({ _ in .cut(cut) }) { server, session in
            let error = await #expect(throws: PhoenixError.self) {
                try await session.send(Self.get(server, "/?token=secret"))
            }
            #expect(error?.code == .unreachable)
            // Nobody listens on this port; one that was just given back may be another test's by now.
            var unheard = try Self.get(server, "/?token=secret")
            unheard.url.port = 1
            let request = unheard
            let refused = await #expect(throws: PhoenixError.self) { try await session.send(request) }
            #expect(refused?.code == .unreachable && refused?.stage == .connect)
            for error in [error, refused] { #expect("\(String(describing: error))".contains("secret") == false) }
        }
    }

    @Test("B25: a POST whose connection dies is not brought a second time")
    func sentOnce() async throws {
        let react: @Sendable (RawServer.Request) -> RawServer.Reaction = {
            $0.method == "POST" ? .cut([]) : .json("{}")
        }
        try await withSession(react) { server, session in
            // libcurl tries again on another connection when one that it had used before dies without an answer.
            _ = try await session.send(Self.get(server, "/"))
            var request = try Self.post(server, "/", "[1]")
            request.timeout = .zero
            let sent = request
            let error = await #expect(throws: PhoenixError.self) { try await session.send(sent) }
            #expect(error?.code == .unreachable || error?.code == .timeout)
            #expect(server.requests.count { $0.method == "POST" && $0.isComplete } == 1)
        }
    }

    @Test("an answer that never comes ends with the backstop")
    func backstop() async throws {
        let gate = RawServer.Gate()
        try await withSession({ _ in .wait(gate, []) }) { server, session in
            var request = try Self.get(server, "/?token=secret")
            request.timeout = .milliseconds(10)
            let sent = request
            let error = await #expect(throws: PhoenixError.self) { try await session.send(sent) }
            #expect(error?.code == .timeout && error?.message.contains("secret") == false)
        }
    }

    // MARK: What is left behind

    @Test("a cancelled request throws at once; what it leaves behind is counted until it ends")
    func abandoned() async throws {
        let gate = RawServer.Gate()
        let engine = URLSessionEngine()
        let server = try RawServer { _ in .wait(gate, RawServer.response("200 OK", "", [])) }
        defer { server.stop() }
        let session = try await Self.open(engine, server)
        let poll = Task { try await session.send(Self.get(server, "/")) }
        await server.received(1)
        poll.cancel()
        await #expect(throws: CancellationError.self) { try await poll.value }
        #expect(engine.abandonedCount == 0)
        session.close()
        #expect(engine.abandonedCount == URLSessionEngine.leftBehind)
        gate.open()
        while engine.abandonedCount > 0 { await Task.yield() }
    }

    @Test("a request that is cancelled before it starts throws, too")
    func cancelledBefore() async throws {
        try await withSession({ _ in .json("{}") }) { server, session in
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await session.send(Self.get(server, "/"))
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    #if canImport(FoundationNetworking)
    @Test("there are never more connections than the capacity, those left behind included")
    func capacity() async throws {
        let gate = RawServer.Gate()
        let engine = URLSessionEngine(capacity: 2)
        let server = try RawServer { _ in .wait(gate, RawServer.response("200 OK", "", [])) }
        defer { server.stop() }
        let first = try await Self.open(engine, server)
        let poll = Task { try await first.send(Self.get(server, "/")) }
        await server.received(1)
        poll.cancel()
        _ = try? await poll.value
        first.close()
        let second = try await Self.open(engine, server)
        let third = Task { try await Self.open(engine, server) }
        let impatient = Task { try await Self.open(engine, server) }
        while engine.waitingCount < 2 { await Task.yield() }
        impatient.cancel()
        await #expect(throws: CancellationError.self) { try await impatient.value }
        #expect(engine.abandonedCount == 1)
        gate.open()
        try await third.value.close()
        second.close()
        #expect(engine.abandonedCount == 0 && engine.waitingCount == 0)
    }

    @Test("B21: the scope of a connection returns at once, with its poll left behind")
    func scopeReturns() async throws {
        let gate = RawServer.Gate()
        let engine = URLSessionEngine()
        let server = try RawServer { request in
            request.target.contains("token") ? .wait(gate, RawServer.response("200 OK", "", [])) : .json(opened)
        }
        defer { server.stop() }
        let asked = try request("http://127.0.0.1:\(server.port)/longpoll")
        try await LongPollTransport(engine: engine).withConnection(asked) { connection in
            let reader = connection.reading()
            await server.received(2)
            reader.cancel()
        }
        #expect(engine.abandonedCount == 1)
        gate.open()
        while engine.abandonedCount > 0 { await Task.yield() }
    }
    #endif

    @Test("a whole conversation over URLSession")
    func conversation() async throws {
        let server = try RawServer { request in
            switch (request.method, request.target) {
            case ("GET", "/socket/longpoll?vsn=2.0.0"): .json(opened)
            case ("POST", "/socket/longpoll?vsn=2.0.0&token=T1"): .json(accepted)
            case ("GET", "/socket/longpoll?vsn=2.0.0&token=T1"): .json(messages("[\(request.number)]"))
            default: .json("?", status: "404 Not Found")
            }
        }
        defer { server.stop() }
        let asked = try request("http://127.0.0.1:\(server.port)/socket/longpoll?vsn=2.0.0")
        try await LongPollTransport(engine: URLSessionEngine()).withConnection(asked) { connection in
            for round in 1...10 {
                try await connection.outbound.write([.text("[\(round)]")])
                let event = try await connection.inbound.next()
                #expect(event.texts?.count == 1)
            }
        }
        let posted = server.requests.filter { $0.method == "POST" }.flatMap {
            $0.text.split(separator: "\n").map(String.init)
        }
        #expect(posted == (1...10).map { "[\($0)]" })
    }
}

#if canImport(FoundationNetworking)
@Suite("Proxies of URLSession on Linux")
struct FoundationProxyTests {
    private static func check(_ settings: ProxySettings, _ environment: [String: String], _ url: String) throws {
        _ = try FoundationProxy(settings, for: Endpoint(url), environment: environment)
    }

    private static let proxy = "http://proxy.test:3128"

    @Test("what the environment says in a way that libcurl reads is taken")
    func taken() throws {
        try Self.check(.environment, [:], "http://h/longpoll")
        try Self.check(.none, [:], "http://h/longpoll")
        try Self.check(.environment, ["http_proxy": Self.proxy], "http://h/longpoll")
        try Self.check(.environment, ["HTTPS_PROXY": Self.proxy], "https://h/longpoll")
        try Self.check(.url(Self.proxy), ["http_proxy": Self.proxy], "http://h/longpoll")
        try Self.check(.none, ["http_proxy": Self.proxy, "no_proxy": "h"], "http://h/longpoll")
        try Self.check(.none, ["http_proxy": Self.proxy], "https://h/longpoll")
    }

    @Test("what it would not do is refused, and the error names the engine that does it")
    func refused() {
        let refused: [(ProxySettings, [String: String])] = [
            (.none, ["http_proxy": Self.proxy]),
            (.environment, ["HTTP_PROXY": Self.proxy]),
            (.http(host: "other.test", port: 3128), [:]),
            (.http(host: "other.test", port: 3128), ["http_proxy": Self.proxy]),
            (
                .http(host: "proxy.test", port: 3128, credentials: .init(user: "u", password: "secret")),
                ["http_proxy": Self.proxy]
            ),
            (.none, ["all_proxy": "socks5://proxy.test:1080"]),
        ]
        for (settings, environment) in refused {
            let error = #expect(throws: PhoenixError.self) {
                try Self.check(settings, environment, "http://h/longpoll")
            }
            #expect(error?.code == .invalidOption)
            #expect(error?.message.contains("AsyncHTTPClient") == true && error?.message.contains("secret") == false)
        }
    }
}
#endif

extension URLSessionEngine {
    /// How many requests a cancelled poll leaves behind: none where URLSession can end it.
    fileprivate static var leftBehind: Int {
        #if canImport(FoundationNetworking)
        1
        #else
        0
        #endif
    }
}
