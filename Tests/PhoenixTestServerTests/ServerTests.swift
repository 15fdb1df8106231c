import PhoenixKit
import PhoenixTestServer
import Testing

/// The server as its users see it.
@Suite(.timeLimit(.minutes(1))) struct ServerTests {
    private struct Failure: Error {}

    private static func client(
        _ server: PhoenixTestServer,
        _ target: String = "/socket/websocket?vsn=2.0.0"
    ) async throws
        -> RawClient
    {
        let client = try await RawClient.connect(to: server.port)
        try await client.upgrade(target)
        return client
    }

    @Test func `A site is written in closures`() async throws {
        try await PhoenixTestServer.withServer { site in
            site.socket("/socket") { socket in
                socket.onConnect { request in
                    request.parameters["token"]?.string == "open" ? .accept(id: "user:1") : .refuse(status: 401)
                }
                socket.channel("room:*") { channel in
                    channel.onJoin { context, parameters in
                        .ok(["joined": .string(context.topic), "name": try parameters["name"]?.value() ?? nil])
                    }
                    channel.on("echo") { _, message in .reply("ok", message.payload) }
                }
            }
        } _: { server in
            #expect(server.url("/socket/websocket") == "ws://127.0.0.1:\(server.port)/socket/websocket")
            let refused = try await RawClient.connect(to: server.port)
            #expect(try await refused.upgrade("/socket/websocket?vsn=2.0.0").status == 401)
            let client = try await Self.client(server, "/socket/websocket?vsn=2.0.0&token=open")
            try await client.send(.text(Wire.join("room:a", "1", #"{"name":"x"}"#)))
            #expect(try await client.frame()?.text == Wire.reply("room:a", "1", #"{"joined":"room:a","name":"x"}"#))
            try await client.send(.text(Wire.push("room:a", "2", "echo", "[1,2]")))
            #expect(try await client.frame()?.text == Wire.reply("room:a", "2", "[1,2]"))
            #expect(server.journal.received(topic: "room:a", event: "echo").count == 1)
            #expect(await server.connections == 1)
            #expect(await server.subscribers(of: "room:a") == 1)
        }
    }

    @Test func `It broadcasts, disconnects, drains and cuts when told to`() async throws {
        try await PhoenixTestServer.withServer(site: .recorded) { server in
            let clients = try await [
                Self.client(server, "/socket/websocket?vsn=2.0.0&id=a"),
                Self.client(server, "/socket/websocket?vsn=2.0.0&id=b"),
                Self.client(server, "/socket/websocket?vsn=2.0.0&id=c"),
            ]
            for client in clients {
                try await client.send(.text(Wire.join("room:1")))
                _ = try await client.frame()
            }
            try await server.broadcast(topic: "room:1", event: "hello", payload: ["a": 1])
            for client in clients {
                #expect(try await client.frame()?.text == #"[null,null,"room:1","hello",{"a":1}]"#)
            }
            await server.disconnect(socketID: "sock:a")
            #expect(try await clients[0].frame() == .close(1001))
            await server.cut(connection: 2)
            #expect(try await clients[1].frame() == nil)
            await server.drain()
            #expect(try await clients[2].frame() == .close(1012))
            #expect(await server.connections == 0)
        }
    }

    @Test func `A broadcast that a client cannot be told throws`() async throws {
        try await PhoenixTestServer.withServer(site: .recorded) { server in
            let client = try await Self.client(server, "/socket/websocket?vsn=1.0.0")
            try await client.send(.text(#"{"topic":"room:1","event":"phx_join","payload":{},"ref":"1"}"#))
            _ = try await client.frame()
            await #expect(throws: PhoenixError.self) {
                try await server.broadcast(topic: "room:1", event: "x", payload: .binary([1]))
            }
        }
    }

    @Test func `A token answers from another task`() async throws {
        let tokens = Tokens()
        try await PhoenixTestServer.withServer { site in
            site.socket("/socket") { socket in
                socket.channel("*") { channel in
                    channel.on("ask") { context, _ in
                        tokens.keep(context.replyToken())
                        return .noReply
                    }
                }
            }
        } _: { server in
            let client = try await Self.client(server)
            try await client.send(.text(Wire.join("t")))
            _ = try await client.frame()
            try await client.send(.text(Wire.push("t", "2", "ask")))
            _ = try await server.journal.wait(for: .received, event: "ask")
            // The handler has run when the connection answers what came behind it.
            try await client.send(.text(Wire.heartbeat("3")))
            _ = try await client.frame()
            try tokens.all[0].reply("answer", ["late": true])
            #expect(try await client.frame()?.text == Wire.reply("t", "2", #"{"late":true}"#, status: "answer"))
        }
    }

    // MARK: Pages

    @Test func `Pages are served on connections that stay open`() async throws {
        try await PhoenixTestServer.withServer { site in
            site.page("GET", "/echo") { request, server in
                .text("\(request.parameters["q"]?.string ?? "") \(server.connections)")
            }
            site.page("POST", "/length") { request, _ in .json("\(request.body.count)") }
            site.page("GET", "/fail") { _, _ in throw Failure() }
        } _: { server in
            let client = try await RawClient.connect(to: server.port)
            #expect(try await client.request("GET", "/echo?q=a%20b").body == "a b 0")
            #expect(try await client.request("POST", "/length", body: "12345").body == "5")
            #expect(try await client.request("GET", "/fail").status == 500)
            #expect(try await client.request("GET", "/length").status == 404)
            let missing = try await client.request("GET", "/other")
            #expect(missing.status == 404)
            #expect(missing.body == #"{"error":"not found"}"#)
            #expect(server.journal.entries.map(\.status) == [200, 200, 500, 404, 404])
        }
    }

    @Test func `A body over the limit is answered 413, and nonsense 400`() async throws {
        var configuration = PhoenixTestServer.Configuration()
        configuration.limits.requestBody = 10
        try await PhoenixTestServer.withServer(configuration, site: .recorded) { server in
            let client = try await RawClient.connect(to: server.port)
            #expect(try await client.request("POST", "/admin/broadcast", body: "12345678901").status == 413)
            #expect(try await client.bytes() == nil)
            let other = try await RawClient.connect(to: server.port)
            try await other.send("nonsense\r\n\r\n")
            #expect(try await other.response().status == 400)
        }
    }

    @Test func `The recorded server is healthy, and refuses what its pages do not understand`() async throws {
        try await PhoenixTestServer.withServer(site: .recorded) { server in
            let client = try await RawClient.connect(to: server.port)
            #expect(try await client.request("GET", "/health").status == 200)
            #expect(try await client.request("POST", "/admin/broadcast", body: "{").status == 500)
            #expect(try await client.request("POST", "/admin/broadcast_binary", body: "{}").status == 500)
            #expect(try await client.request("POST", "/admin/disconnect").status == 500)
        }
    }

    // MARK: The demonstration

    @Test func `The demonstration chats, echoes and ticks`() async throws {
        let clock = ManualClock()
        var configuration = PhoenixTestServer.Configuration()
        configuration.clock = clock
        try await PhoenixTestServer.withServer(configuration, site: .demo) { server in
            let client = try await Self.client(server, "/socket/websocket?vsn=2.0.0&name=ann")
            try await client.send(.text(Wire.join("echo:1")))
            _ = try await client.frame()
            try await client.send(.text(Wire.push("echo:1", "2", "whatever", #"{"a":1}"#)))
            #expect(try await client.frame()?.text == Wire.reply("echo:1", "2", #"{"a":1}"#))

            try await client.send(.text(Wire.join("room:1")))
            for part in ["phx_reply", "presence_diff", "presence_state"] {
                #expect(try await client.frame()?.text.contains(part) == true)
            }
            try await client.send(.text(Wire.push("room:1", "3", "new_msg", #"{"body":"hi"}"#)))
            let message = #"[null,null,"room:1","new_msg",{"body":"hi","from":"ann"}]"#
            #expect(try await client.frame()?.text == message)
            #expect(try await client.frame()?.text == Wire.reply("room:1", "3"))

            try await client.send(.text(Wire.join("clock:1")))
            _ = try await client.frame()
            for count in 1...3 {
                await clock.whenAsleep()
                clock.advance(by: .seconds(1))
                #expect(try await client.frame()?.text == #"["1",null,"clock:1","tick",{"count":\#(count)}]"#)
            }
        }
    }

    // MARK: Start and stop

    @Test func `A stop closes sockets with channels with 1012 and those without with 1000`() async throws {
        let server = try await PhoenixTestServer.start(site: .recorded)
        let joined = try await Self.client(server)
        let idle = try await Self.client(server)
        try await joined.send(.text(Wire.join("room:1")))
        _ = try await joined.frame()
        await server.stop()
        #expect(try await joined.frame() == .close(1012))
        #expect(try await joined.frame() == nil)
        #expect(try await idle.frame() == .close(1000))
        #expect(try await idle.frame() == nil)
    }

    @Test func `As Cowboy a stop closes sockets with channels with 1012 and drops those without`() async throws {
        var configuration = PhoenixTestServer.Configuration()
        configuration.adapter = .cowboy
        let server = try await PhoenixTestServer.start(configuration, site: .recorded)
        let joined = try await Self.client(server)
        let idle = try await Self.client(server)
        try await joined.send(.text(Wire.join("room:1")))
        _ = try await joined.frame()
        await server.stop()
        #expect(try await joined.frame() == .close(1012))
        #expect(try await joined.frame() == nil)
        #expect(try await idle.frame() == nil)
    }

    @Test func `An abrupt stop says nothing`() async throws {
        let server = try await PhoenixTestServer.start(site: .recorded)
        let client = try await Self.client(server)
        await server.stop(abruptly: true)
        #expect(try await client.frame() == nil)
    }

    @Test func `A stopped server takes orders and does nothing`() async throws {
        let server = try await PhoenixTestServer.start(site: .recorded)
        await server.stop()
        await server.stop()
        try await server.broadcast(topic: "room:1", event: "x")
        await server.drain()
        #expect(await server.connections == 0)
        #expect(await server.inject(.drop(.any)) == 0)
    }

    @Test func `A body that throws stops the server too`() async throws {
        var stopped: PhoenixTestServer?
        await #expect(throws: Failure.self) {
            try await PhoenixTestServer.withServer(site: .recorded) { server in
                stopped = server
                throw Failure()
            }
        }
        // Its port may be another server's by now, so nobody connects to see.
        #expect(await stopped?.inject(.drop(.any)) == 0)
    }

    @Test func `A port that is taken is an error that says so`() async throws {
        try await PhoenixTestServer.withServer(site: .recorded) { server in
            let error = await #expect(throws: PhoenixError.self) {
                try await PhoenixTestServer.start(.init(port: server.port), site: .recorded)
            }
            #expect(error?.code == .unreachable)
            #expect(error?.message.contains("\(server.port)") == true)
        }
    }

    @Test func `It listens on IPv6 when asked to`() async throws {
        try await PhoenixTestServer.withServer(.init(host: "::1"), site: .recorded) { server in
            #expect(server.url("/x") == "ws://[::1]:\(server.port)/x")
            let client = try await RawClient.connect(to: server.port, host: "::1")
            #expect(try await client.upgrade("/socket/websocket?vsn=2.0.0").status == 101)
        }
    }

    @Test(arguments: [-1, 65_536])
    func `A port that is none is an error`(_ port: Int) async throws {
        let error = await #expect(throws: PhoenixError.self) {
            try await PhoenixTestServer.start(.init(port: port), site: .recorded)
        }
        #expect(error?.code == .invalidOption)
    }

    @Test func `A connection that asks for nothing is dropped in time`() async throws {
        let clock = ManualClock()
        var configuration = PhoenixTestServer.Configuration()
        configuration.clock = clock
        try await PhoenixTestServer.withServer(configuration, site: .recorded) { server in
            let client = try await RawClient.connect(to: server.port)
            #expect(try await client.request("GET", "/health").status == 200)
            await clock.whenAsleep()
            clock.advance(by: .seconds(61))
            #expect(try await client.bytes() == nil)
        }
    }

    @Test func `A certificate that is none is an error of TLS`() async throws {
        var configuration = PhoenixTestServer.Configuration()
        configuration.tls = ServerTLS(certificateChain: "nonsense", privateKey: "nonsense")
        let error = await #expect(throws: PhoenixError.self) {
            try await PhoenixTestServer.start(configuration, site: .recorded)
        }
        #expect(error?.code == .tls)
    }

    @Test func `More connections than the limit are not served`() async throws {
        var configuration = PhoenixTestServer.Configuration()
        configuration.limits.connections = 1
        try await PhoenixTestServer.withServer(configuration, site: .recorded) { server in
            let first = try await Self.client(server)
            let second = try await RawClient.connect(to: server.port)
            #expect(try await second.bytes() == nil)
            await first.close()
        }
    }
}
