import NIOCore
import PhoenixJSON
import PhoenixKit
import Testing

@testable import PhoenixTestServer

/// Long polling over real connections.
@Suite(.timeLimit(.minutes(1))) struct LongPollServerTests {
    private static let target = "/socket/longpoll?vsn=2.0.0"
    private static let batch = ("content-type", "application/x-ndjson")

    /// A server whose clock stands still, and the token of a session there.
    private func withSession(
        _ configure: (inout PhoenixTestServer.Configuration) -> Void = { _ in },
        _ body: (PhoenixTestServer, ManualClock, String) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        var configuration = PhoenixTestServer.Configuration()
        configuration.clock = clock
        configure(&configuration)
        try await PhoenixTestServer.withServer(configuration, site: .recorded) { server in
            let client = try await RawClient.connect(to: server.port)
            let payload = Payload(Bytes(try await client.request("GET", Self.target).body), format: JSONFormat())
            await client.close()
            try await body(server, clock, try #require(payload["token"]?.string))
        }
    }

    private func post(_ body: String, _ token: String, to server: PhoenixTestServer) async throws -> String {
        let client = try await RawClient.connect(to: server.port)
        let response = try await client.request("POST", Self.target + "&token=" + token, [Self.batch], body: body)
        await client.close()
        return response.body
    }

    /// How many TCP connections a server has.
    private func connections(of server: PhoenixTestServer) async throws -> Int {
        let state = server.state
        return try await server.eventLoop.submit { state.value.channels.count }.get()
    }

    @Test func `What comes behind a parked poll on its connection waits for the poll's answer`() async throws {
        try await withSession { server, clock, token in
            let target = Self.target + "&token=" + token
            let client = try await RawClient.connect(to: server.port)
            try await client.send("GET", target)
            _ = try await server.journal.wait(for: .parked)
            for number in 1...3 {
                try await client.send("POST", target, [Self.batch], body: Wire.heartbeat("\(number)"))
            }
            let other = try await RawClient.connect(to: server.port)
            _ = try await other.request("GET", "/health")
            #expect(server.journal.received().isEmpty)
            clock.advance(by: .seconds(10))
            #expect(try await client.response().body.contains(#""status":204"#))
            for _ in 1...3 { #expect(try await client.response().body == #"{"status":200}"#) }
            #expect(server.journal.received().map { $0.reference?.text } == ["1", "2", "3"])
        }
    }

    @Test func `A poll whose client has gone takes the message with it`() async throws {
        try await withSession { server, clock, token in
            let zombie = try await RawClient.connect(to: server.port)
            try await zombie.send("GET", Self.target + "&token=" + token)
            _ = try await server.journal.wait(for: .parked)
            await zombie.close()
            while try await connections(of: server) > 0 { await Task.yield() }
            #expect(try await post(Wire.heartbeat("1"), token, to: server) == #"{"status":200}"#)
            try #require(server.journal.sent().count == 1)
            let client = try await RawClient.connect(to: server.port)
            try await client.send("GET", Self.target + "&token=" + token)
            _ = try await server.journal.wait { [journal = server.journal] _ in
                journal.entries.count { $0.kind == .parked } == 2
            }
            clock.advance(by: .seconds(10))
            #expect(try await client.response().body.hasPrefix(#"{"messages":[],"status":204"#))
        }
    }

    @Test func `A server stops with a parked poll`() async throws {
        try await withSession { server, _, token in
            let client = try await RawClient.connect(to: server.port)
            try await client.send("GET", Self.target + "&token=" + token)
            _ = try await server.journal.wait(for: .parked)
            await server.stop()
            #expect(try await client.bytes() == nil)
        }
    }

    @Test func `A session that is cut takes the parked poll with it`() async throws {
        try await withSession { server, clock, token in
            let client = try await RawClient.connect(to: server.port)
            try await client.send("GET", Self.target + "&token=" + token)
            _ = try await server.journal.wait(for: .parked)
            await server.cut(connection: 1)
            #expect(try await client.bytes() == nil)
            #expect(await server.connections == 0)
            let next = try await RawClient.connect(to: server.port)
            try await next.send("POST", Self.target + "&token=" + token, [Self.batch], body: Wire.heartbeat("1"))
            _ = try await server.journal.wait { $0.kind == .requested && $0.note?.hasPrefix("POST") == true }
            clock.advance(by: .seconds(2))
            #expect(try await next.response().body == #"{"status":410}"#)
        }
    }

    @Test func `A connection is reset, or an answer breaks off`() async throws {
        try await withSession { server, _, token in
            await server.inject(.reset(.post))
            let client = try await RawClient.connect(to: server.port)
            try await client.send("POST", Self.target + "&token=" + token, [Self.batch], body: Wire.heartbeat("1"))
            #expect(try await client.bytes() == nil)

            await server.inject(.truncateAnswer(.post))
            let other = try await RawClient.connect(to: server.port)
            try await other.send("POST", Self.target + "&token=" + token, [Self.batch], body: Wire.heartbeat("2"))
            var text = ""
            while let bytes = try await other.bytes() { text += String(decoding: bytes, as: UTF8.self) }
            #expect(text.contains("content-length: 14\r\n"))
            #expect(text.hasSuffix(#"\#r\#n\#r\#n{"statu"#))
        }
    }

    @Test func `A fault is lifted at run time`() async throws {
        try await withSession { server, _, token in
            let fault = await server.inject(.answer(.any, with: .errorPage(status: 502), times: nil))
            for _ in 1...2 {
                let client = try await RawClient.connect(to: server.port)
                let answer = try await client.request("GET", Self.target + "&token=" + token)
                #expect(answer.status == 502)
                #expect(answer.headers["content-type"] == "text/html")
                await client.close()
            }
            await server.removeFault(fault)
            #expect(try await post(Wire.heartbeat("1"), token, to: server) == #"{"status":200}"#)
        }
    }

    @Test func `A body over the limit is answered 400, and the connection of a far larger one is reset`() async throws {
        try await withSession({ $0.limits.requestBody = 100 }) { server, _, token in
            let target = Self.target + "&token=" + token
            let client = try await RawClient.connect(to: server.port)
            let large = try await client.request("POST", target, [Self.batch], body: String(repeating: "x", count: 200))
            #expect(large.status == 400)
            #expect(large.body == #"{"errors":{"detail":"Bad Request"}}"#)
            let fine = try await client.request("POST", target, [Self.batch], body: Wire.heartbeat("1"))
            #expect(fine.body == #"{"status":200}"#)
            try await client.send("POST", target, [Self.batch], body: String(repeating: "x", count: 201))
            #expect(try await client.bytes() == nil)
        }
    }

    @Test func `A client that asks before it sends a body is told to go on`() async throws {
        try await withSession { server, _, token in
            let client = try await RawClient.connect(to: server.port)
            let body = Wire.heartbeat("1")
            try await client.send(
                "POST \(Self.target)&token=\(token) HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n"
                    + "content-type: application/x-ndjson\r\ncontent-length: \(body.utf8.count)\r\n\r\n"
            )
            #expect(try await client.response().status == 100)
            try await client.send(body)
            #expect(try await client.response().body == #"{"status":200}"#)
        }
    }

    @Test func `The journal names the transport of what it tells, and what came and went`() async throws {
        try await withSession { server, _, token in
            _ = try await post(Wire.join("room:1") + "\n" + Wire.push("room:1", "2", "echo"), token, to: server)
            let client = try await RawClient.connect(to: server.port)
            _ = try await client.request("GET", Self.target + "&token=" + token)
            let socket = try await RawClient.connect(to: server.port)
            try await socket.upgrade("/socket/websocket?vsn=2.0.0")
            try await socket.send(.text(Wire.heartbeat("1")))
            _ = try await socket.frame()
            let entries = server.journal.entries
            #expect(entries.allSatisfy { $0.transport == ($0.connection == 2 ? "websocket" : "longpoll") })
            #expect(
                entries.filter { $0.connection == 1 }.map { "\($0.kind) \($0.status.map(String.init) ?? "")" } == [
                    "connected ", "answered 410", "requested ", "received ", "received ", "answered 200",
                    "requested ", "sent ", "sent ", "answered 200",
                ]
            )
            #expect(server.journal.sent(connection: 1).map { $0.reference?.text } == ["1", "2"])
            #expect(entries.first?.description == "1 requested longpoll GET /socket/longpoll")
        }
    }

    @Test func `The demonstration answers long polling too`() async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            let client = try await RawClient.connect(to: server.port)
            #expect(try await client.request("GET", "/health").status == 200)
            #expect(try await client.request("GET", Self.target).body.contains(#""status":410"#))
        }
    }
}
