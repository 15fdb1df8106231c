import PhoenixKit
import PhoenixTestServer
import Testing

/// Squid and Tinyproxy: proxies that a client knows of, and that ask who it is.
@Suite("Through a proxy that asks for credentials", .serialized, .timeLimit(.minutes(5)))
struct TunnelScenarios {
    /// What both proxies are to these scenarios.
    struct Way: Sendable {
        let url: String
        let anonymous: String
        let wrong: String
        let secrets: [String]
        let log: @Sendable () -> String
    }

    enum Kind: String, Sendable, CaseIterable { case squid, tinyproxy }

    private func with<Result>(_ kind: Kind, _ body: (Way) async throws -> Result) async throws -> Result {
        switch kind {
        case .squid:
            let squid = try await Squid.start()
            let way = Way(
                url: squid.url(),
                anonymous: squid.url(nil),
                wrong: squid.url("alice:sesame-open"),
                secrets: Squid.secrets + ["sesame-open"],
                log: { squid.log }
            )
            return try await running(squid.stop) { try await body(way) }
        case .tinyproxy:
            let tinyproxy = try await Tinyproxy.start()
            let way = Way(
                url: tinyproxy.url(),
                anonymous: tinyproxy.url(nil),
                wrong: tinyproxy.url("alice:sesame-open"),
                secrets: Tinyproxy.secrets + ["sesame-open"],
                log: { tinyproxy.log }
            )
            return try await running(tinyproxy.stop) { try await body(way) }
        }
    }

    private func expectNoSecrets(_ way: Way, _ client: ScenarioClient) {
        for secret in way.secrets {
            #expect(!client.account.lines.contains { $0.contains(secret) })
        }
    }

    @Test("a WebSocket goes through a tunnel, with the credentials of the settings", arguments: Kind.allCases)
    func webSocket(kind: Kind) async throws {
        try await with(kind) { way in
            try await Stage.run { server in
                try await ScenarioClient.run(server.url("/socket"), "proxy=\(way.url)") { client in
                    try await client.waitForExchange(over: "websocket")
                    #expect(client.account.problems([server.journal]) == [])
                    #expect(client.account.disconnections == [])
                    expectNoSecrets(way, client)
                }
                #expect(way.log().contains("CONNECT 127.0.0.1:\(server.port)"))
            }
        }
    }

    @Test("a WebSocket over TLS goes through a tunnel, with the server's certificate checked")
    func secureWebSocket() async throws {
        let tls = ServerTLS(certificateChain: Certificates.server, privateKey: Secret(Certificates.serverKey))
        let folder = try Folder()
        let root = try folder.write(Certificates.root, to: "root.pem")
        try await with(.squid) { way in
            try await Stage.run(tls: tls) { server in
                let url = "wss://localhost:\(server.port)/socket"
                try await ScenarioClient.run(url, "proxy=\(way.url)", "websocket.ca-file=\(root)") { client in
                    try await client.waitForExchange(over: "websocket")
                    #expect(client.account.problems([server.journal]) == [])
                }
                #expect(way.log().contains("CONNECT localhost:\(server.port)"))
            }
        }
    }

    @Test(
        "a WebSocket goes through the proxy of the environment",
        arguments: [
            ("http_proxy", Kind.squid), ("HTTP_PROXY", .squid), ("all_proxy", .squid), ("http_proxy", .tinyproxy),
        ]
    )
    func environment(name: String, kind: Kind) async throws {
        try await with(kind) { way in
            try await Stage.run { server in
                try await ScenarioClient.run(server.url("/socket"), environment: [name: way.url]) { client in
                    try await client.waitForExchange(over: "websocket")
                    #expect(client.account.problems([server.journal]) == [])
                }
                #expect(way.log().contains("CONNECT 127.0.0.1:\(server.port)"))
            }
        }
    }

    @Test("NO_PROXY, and the setting none, lead past the proxy")
    func excluded() async throws {
        try await with(.squid) { way in
            try await Stage.run { server in
                let url = server.url("/socket")
                let excluding = ["http_proxy": way.url, "no_proxy": "127.0.0.0/8"]
                try await ScenarioClient.run(url, environment: excluding) { client in
                    try await client.waitForExchange(over: "websocket")
                }
                try await ScenarioClient.run(url, "proxy=none", environment: ["http_proxy": way.url]) { client in
                    try await client.waitForExchange(over: "websocket")
                }
            }
            #expect(!way.log().contains("CONNECT"))
        }
    }

    @Test(
        "wrong and missing credentials are a clear error, again and again, and never a silent wait",
        arguments: Kind.allCases
    )
    func wrongCredentials(kind: Kind) async throws {
        try await with(kind) { way in
            try await Stage.run { server in
                for (url, advice) in [
                    (way.wrong, "does not accept the credentials"), (way.anonymous, "asks for credentials"),
                ] {
                    try await ScenarioClient.run(server.url("/socket"), "proxy=\(url)", "transports=websocket") {
                        client in
                        try await client.wait(for: "two refusals") { $0.disconnections.count >= 2 }
                        for reason in client.account.disconnections {
                            #expect(reason.contains("proxyRefused") && reason.contains(advice), "\(reason)")
                        }
                        expectNoSecrets(way, client)
                    }
                }
                #expect(server.journal.count == 0)
            }
        }
    }

    // MARK: Long polling

    @Test(
        "long polling by AsyncHTTPClient goes through a tunnel, with the credentials of the settings",
        arguments: Kind.allCases
    )
    func asyncHTTPClient(kind: Kind) async throws {
        try await with(kind) { way in
            try await Stage.run { server in
                try await ScenarioClient.run(
                    server.url("/socket"),
                    "proxy=\(way.url)",
                    "transports=longpoll",
                    "engine=async-http-client"
                ) { client in
                    try await client.waitForExchange(over: "longpoll")
                    #expect(client.account.problems([server.journal]) == [])
                    expectNoSecrets(way, client)
                }
                #expect(way.log().contains("CONNECT 127.0.0.1:\(server.port)"))
            }
        }
    }

    @Test("AsyncHTTPClient takes the proxy of the environment as well")
    func asyncHTTPClientEnvironment() async throws {
        try await with(.squid) { way in
            try await Stage.run { server in
                try await ScenarioClient.run(
                    server.url("/socket"),
                    "transports=longpoll",
                    "engine=async-http-client",
                    environment: ["HTTP_PROXY": way.url]
                ) { client in
                    try await client.waitForExchange(over: "longpoll")
                    #expect(client.account.problems([server.journal]) == [])
                }
            }
            #expect(way.log().contains("CONNECT"))
        }
    }

    @Test("wrong credentials are a clear error of AsyncHTTPClient too", arguments: Kind.allCases)
    func asyncHTTPClientRefused(kind: Kind) async throws {
        try await with(kind) { way in
            try await Stage.run { server in
                try await ScenarioClient.run(
                    server.url("/socket"),
                    "proxy=\(way.wrong)",
                    "transports=longpoll",
                    "engine=async-http-client"
                ) { client in
                    try await client.wait(for: "two refusals") { $0.disconnections.count >= 2 }
                    for reason in client.account.disconnections {
                        #expect(reason.contains("proxyRefused") && reason.contains("credentials"), "\(reason)")
                    }
                    expectNoSecrets(way, client)
                }
                #expect(server.journal.count == 0)
            }
        }
    }

    @Test("URLSession goes through the proxy of the environment, with its credentials", arguments: Kind.allCases)
    func urlSession(kind: Kind) async throws {
        try await with(kind) { way in
            try await Stage.run { server in
                try await ScenarioClient.run(
                    server.url("/socket"),
                    "transports=longpoll",
                    environment: ["http_proxy": way.url]
                ) { client in
                    try await client.waitForExchange(over: "longpoll")
                    #expect(client.account.problems([server.journal]) == [])
                }
                #expect(way.log().contains("GET http://127.0.0.1:\(server.port)/"))
            }
        }
    }

    #if os(Linux)
    @Test("where URLSession cannot follow the settings on Linux, the error names the engine that can")
    func urlSessionRefuses() async throws {
        try await with(.squid) { way in
            try await Stage.run { server in
                try await ScenarioClient.run(
                    server.url("/socket"),
                    "proxy=\(way.url)",
                    "transports=longpoll"
                ) { client in
                    try await client.wait(for: "an error") { !$0.disconnections.isEmpty }
                    let reason = try #require(client.account.disconnections.first)
                    #expect(reason.contains("invalidOption") && reason.contains("AsyncHTTPClient"), "\(reason)")
                    expectNoSecrets(way, client)
                }
            }
        }
    }
    #endif

    @Test("a proxy that opens no tunnels is got past by long polling, and the WebSocket comes back when it opens some")
    func withoutTunnels() async throws {
        let squid = try await Squid.start(opensTunnels: false)
        try await running(squid.stop) {
            try await Stage.run { server in
                try await ScenarioClient.run(
                    server.url("/socket"),
                    environment: ["http_proxy": squid.url()]
                ) { client in
                    try await client.waitForExchange(over: "longpoll")
                    #expect(client.account.disconnections.first?.contains("status 403") == true)
                    try squid.openTunnels()
                    try await client.waitForExchange(over: "websocket")
                    #expect(client.account.transports == ["longpoll", "websocket"])
                    #expect(client.account.problems([server.journal]) == [])
                }
            }
        }
    }
}

/// Runs `body` and then `stop`, whatever comes.
func running<Result>(_ stop: () async -> Void, _ body: () async throws -> Result) async throws -> Result {
    do {
        let result = try await body()
        await stop()
        return result
    } catch {
        await stop()
        throw error
    }
}
