import PhoenixKit
import PhoenixTestServer
import Testing

/// Proxies before the server that the client knows nothing of, and that stand in a WebSocket's way.
@Suite("Through a middlebox", .serialized, .timeLimit(.minutes(5)))
struct MiddleboxScenarios {
    @Test("nginx that passes no Upgrade: long polling, and the WebSocket as soon as it does")
    func nginx() async throws {
        try await Stage.run { server in
            let nginx = try await Nginx.start(before: server.port)
            try await running(nginx.stop) {
                try await ScenarioClient.run("ws://127.0.0.1:\(nginx.port)/socket", "proxy=none") { client in
                    try await client.waitForExchange(over: "longpoll")
                    #expect(client.account.disconnections.first?.contains("upgradeRefused") == true)
                    try nginx.passUpgrade()
                    try await client.waitForExchange(over: "websocket")
                    #expect(client.account.transports == ["longpoll", "websocket"])
                    #expect(client.account.problems([server.journal]) == [])
                }
            }
        }
    }

    @Test("haproxy that cuts idle tunnels after a second: long polling after three cuts, and back when it cuts no more")
    func idleCut() async throws {
        // However the two sides take turns, both are silent for 1.5 s. A probe would not notice the cuts, so none is made
        // for 10 s.
        try await Stage.run(pace: .seconds(3)) { server in
            let haproxy = try await HAProxy.start(before: [server.port], .init(idleTunnel: "1s"))
            try await running(haproxy.stop) {
                try await ScenarioClient.run(
                    "ws://127.0.0.1:\(haproxy.port)/socket",
                    "proxy=none",
                    "interval=3000",
                    "probes=20000"
                ) { client in
                    try await client.waitForExchange(2, over: "longpoll")
                    #expect(client.account.transports == ["websocket", "websocket", "websocket", "longpoll"])
                    try haproxy.reload(.init())
                    try await client.waitForExchange(2, over: "websocket")
                    #expect(client.account.problems([server.journal]) == [])
                }
            }
        }
    }

    @Test(
        "haproxy round robin before servers that share no sessions: clear errors over long polling, never a silent hang",
        arguments: ["sticky", "upgrades"]
    )
    func roundRobin(remedy: String) async throws {
        try await Stage.run { one in
            try await Stage.run { two in
                let haproxy = try await HAProxy.start(before: [one.port, two.port], .init(refusesUpgrades: true))
                try await running(haproxy.stop) {
                    try await ScenarioClient.run("ws://127.0.0.1:\(haproxy.port)/socket", "proxy=none") { client in
                        try await client.wait(for: "errors of sessions that are not known") { account in
                            account.disconnections.count { $0.contains("session") } >= 3
                        }
                        if remedy == "sticky" {
                            try haproxy.reload(.init(refusesUpgrades: true, isSticky: true))
                            try await client.waitForExchange(over: "longpoll")
                        }
                        try haproxy.reload(.init())
                        try await client.waitForExchange(over: "websocket")
                        #expect(client.account.problems([one.journal, two.journal]) == [])
                    }
                }
            }
        }
    }
}
