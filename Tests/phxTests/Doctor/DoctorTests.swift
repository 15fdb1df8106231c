import Foundation
import PhoenixKit
import PhoenixTestServer
import Testing

@testable import phx

/// `phx doctor` as a child process, against servers and what may lie before them.
@Suite("Doctor, end to end", .timeLimit(.minutes(5)))
struct DoctorTests {
    private static let path = "/socket/websocket"

    @Test("where all is well every step passes, and the verdict asks for no settings")
    func well() async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            let url = server.url(Self.path)
            let doctor = try await DoctorRun.of(url + "?token=s3cret", "room:1", "--param", "name=s3cret")
            #expect(doctor.run.status == 0 && doctor.run.notes.isEmpty, "\(doctor.run)")
            #expect(doctor.report.url == url + "?token=…" && doctor.report.topic == "room:1")
            #expect(doctor.report.proxy == nil)
            #expect(
                doctor.report.steps.map(\.step) == [
                    .name, .connect, .upgrade, .heartbeat, .join, .compression, .longPollOpen, .longPollExchange,
                    .longPollJoin,
                ]
            )
            for step in doctor.report.steps {
                #expect(step.outcome == "ok" && step.route == .direct && (step.milliseconds ?? -1) >= 0, "\(step)")
            }
            #expect(doctor[.connect]?.detail == "127.0.0.1, port \(server.port)")
            let verdict = doctor.report.verdict
            #expect(verdict.works && verdict.transport == .webSocket && verdict.route == .direct)
            #expect(verdict.settings == [] && verdict.text == "Use WebSocket; no settings are needed.")
            #expect(server.journal.received(event: "phx_join").count == 2, "one for each transport, and no more")
        }
    }

    @Test("one transport alone where --transport says so")
    func oneTransport() async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            let doctor = try await DoctorRun.of(server.url("/socket"), "--transport", "longpoll")
            #expect(doctor.run.status == 0)
            #expect(doctor.report.steps.map(\.step) == [.name, .connect, .longPollOpen, .longPollExchange])
            #expect(doctor.report.verdict.settings?.first?.value == "longpoll")
        }
    }

    @Test("where nothing listens TCP fails, and nothing else is tried")
    func nobody() async throws {
        let doctor = try await DoctorRun.of("ws://127.0.0.1:1" + Self.path, "room:1")
        #expect(doctor.run.status == Status.unreachable.rawValue)
        #expect(doctor.outcome(.name) == "ok")
        #expect(doctor[.connect]?.kind == .refused && doctor[.connect]?.help?.contains("server runs") == true)
        for step in doctor.report.steps.dropFirst(2) {
            #expect(step.outcome == "not-tried" && step.because == .connect && step.milliseconds == nil, "\(step)")
        }
        #expect(!doctor.report.verdict.works && doctor.report.verdict.transport == nil)
    }

    @Test("a name that nobody knows fails at DNS, which has a deadline")
    func wrongName() async throws {
        let doctor = try await DoctorRun.of("wss://phx.invalid" + Self.path, "--timeout", "5")
        #expect(doctor.run.status == Status.unreachable.rawValue)
        #expect(doctor.outcome(.name) == "failed" && doctor[.name]?.message?.contains("phx.invalid") == true)
        #expect(doctor.report.steps.dropFirst().allSatisfy { $0.because == .name })
    }

    @Test("a certificate that is not trusted shows at TLS, with the option that helps, which helps")
    func untrusted() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("phx-\(UUID().uuidString).pem")
        try Certificate.chain.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        var configuration = PhoenixTestServer.Configuration()
        configuration.tls = Certificate.tls
        try await PhoenixTestServer.withServer(configuration, site: .demo) { server in
            let url = server.url(Self.path)
            let strict = try await DoctorRun.of(url)
            #expect(strict.run.status == Status.unreachable.rawValue)
            #expect(strict[.tls]?.kind == .untrusted && strict[.tls]?.help?.contains("--cacert") == true)
            #expect(strict[.upgrade]?.because == .tls)
            #expect(strict.outcome(.longPollOpen) == "failed", "\(strict.run)")
            let trusting = try await DoctorRun.of(url, "--cacert", file.path, "--transport", "websocket")
            #expect(trusting.run.status == 0, "\(trusting.run)")
            #expect(trusting.outcome(.tls) == "ok" && (trusting[.tls]?.milliseconds ?? 0) > 0)
        }
        try await PhoenixTestServer.withServer(site: .demo) { server in
            let plain = try await DoctorRun.of("wss://127.0.0.1:\(server.port)/socket", "--transport", "websocket")
            #expect(plain[.tls]?.kind == .noTLS && plain[.tls]?.help?.contains("ws://") == true)
        }
    }

    @Test("a relay that answers upgrades with 502 is found out, and long polling proposed", arguments: [502, 400])
    func eatenUpgrades(status: Int) async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            try await Relay.run { head in
                head.lowercased().contains("upgrade: websocket")
                    ? .answer("HTTP/1.1 \(status) No\r\nServer: box/1\r\nContent-Length: 0\r\n\r\n")
                    : .forward(to: server.port, head: head)
            } _: { relay in
                let doctor = try await DoctorRun.of("ws://127.0.0.1:\(relay.port)/socket", "room:1")
                #expect(doctor.run.status == 0, "\(doctor.run)")
                #expect(doctor[.upgrade]?.kind == .status && doctor[.upgrade]?.status == status)
                #expect(doctor[.upgrade]?.help == "Use --transport auto or longpoll, which gets through.")
                #expect(doctor[.heartbeat]?.because == .upgrade && doctor[.join]?.because == .upgrade)
                #expect(doctor.outcome(.longPollJoin) == "ok")
                let verdict = doctor.report.verdict
                #expect(verdict.transport == .longPoll && verdict.url?.hasSuffix("/socket/longpoll") == true)
                #expect(verdict.settings == [.init(option: "--transport", value: "longpoll")])
            }
        }
    }

    @Test("a relay that swallows upgrades runs into the deadline")
    func swallowedUpgrades() async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            try await Relay.run { head in
                head.lowercased().contains("upgrade: websocket")
                    ? .silence : .forward(to: server.port, head: head)
            } _: { relay in
                let doctor = try await DoctorRun.of("ws://127.0.0.1:\(relay.port)/socket", "--timeout", "3")
                #expect(doctor[.upgrade]?.kind == .timeout && (doctor[.upgrade]?.milliseconds ?? 0) >= 3_000)
                #expect(doctor[.upgrade]?.cause?.contains("swallows") == true)
                #expect(doctor[.heartbeat]?.because == .upgrade)
            }
        }
    }

    @Test("a relay that does not bear permessage-deflate is found out, and it is to be left off")
    func eatenExtension() async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            try await Relay.run { head in
                head.contains("permessage-deflate")
                    ? .answer("HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n")
                    : .forward(to: server.port, head: head)
            } _: { relay in
                let doctor = try await DoctorRun.of(
                    "ws://127.0.0.1:\(relay.port)/socket",
                    "--transport",
                    "websocket",
                    "--compression"
                )
                #expect(doctor.run.status == 0 && doctor.outcome(.heartbeat) == "ok", "\(doctor.run)")
                #expect(doctor[.compression]?.status == 400)
                #expect(doctor.report.verdict.text.hasSuffix("; leave permessage-deflate off."))
            }
        }
    }

    @Test("a server without long polling is told how to serve it; WebSocket is the verdict")
    func noLongPoll() async throws {
        try await PhoenixTestServer.withServer { site in
            site.socket("/socket") { socket in socket.longPoll.isEnabled = false }
        } _: { server in
            let doctor = try await DoctorRun.of(server.url(Self.path))
            #expect(doctor.run.status == 0)
            #expect(doctor[.longPollOpen]?.status == 404, "\(doctor.run)")
            #expect(doctor[.longPollOpen]?.help?.contains("longpoll: true") == true)
            #expect(doctor[.longPollExchange]?.because == .longPollOpen)
            #expect(doctor.report.verdict.transport == .webSocket)
        }
    }

    @Test("a server that never answers a heartbeat, and one that closes instead, fail at the heartbeat")
    func deaf() async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            await server.inject(.ignore(.heartbeat))
            let deaf = try await DoctorRun.of(server.url(Self.path), "--transport", "websocket", "--timeout", "5")
            #expect(deaf.run.status == Status.unreachable.rawValue)
            #expect(deaf[.heartbeat]?.kind == .timeout && deaf[.heartbeat]?.cause?.contains("upgrade passes") == true)
            await server.inject(.cut(beforeReceiving: .heartbeat))
            let cut = try await DoctorRun.of(server.url(Self.path), "--transport", "websocket")
            #expect(cut[.heartbeat]?.kind == .closed)
        }
    }

    @Test("a denied join ends with 2, a refused connection with 77")
    func denied() async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            let doctor = try await DoctorRun.of(server.url(Self.path), "nope:1")
            #expect(doctor.run.status == Status.joinDenied.rawValue)
            #expect(doctor[.join]?.kind == .denied && doctor[.join]?.message?.contains("unmatched topic") == true)
            #expect(doctor[.longPollJoin]?.kind == .denied, "\(doctor.run)")
        }
        try await PhoenixTestServer.withServer { site in
            site.socket("/socket") { socket in socket.onConnect { _ in .refuse() } }
        } _: { server in
            let doctor = try await DoctorRun.of(server.url(Self.path), "--auth-token", "s3cret")
            #expect(doctor.run.status == Status.refused.rawValue)
            #expect(doctor[.upgrade]?.status == 403 && doctor[.longPollOpen]?.status == 403, "\(doctor.run)")
        }
    }

    // MARK: Proxies

    @Test("a proxy of the environment is tried beside the direct way, and taken when it works")
    func proxy() async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            try await Relay.run(Relay.proxy(to: server.port, credentials: "dXNlcjpTM2NyZXQh")) { relay in
                // A name that only the proxy can find.
                let doctor = try await DoctorRun.of(
                    "ws://phx.invalid:8080/socket",
                    "room:1",
                    "--timeout",
                    "8",
                    environment: ["http_proxy": "http://user:S3cret%21@127.0.0.1:\(relay.port)"]
                )
                #expect(doctor.run.status == 0, "\(doctor.run)")
                #expect(doctor.report.proxy?.url == "http://…@127.0.0.1:\(relay.port)")
                #expect(doctor.report.proxy?.from == "environment")
                #expect(doctor.outcome(.name) == "failed" && doctor[.name]?.help?.contains("through the proxy") == true)
                for step in doctor.report.steps where step.route == .proxy {
                    #expect(step.outcome == "ok", "\(step)")
                }
                #expect(doctor[.tunnel, .proxy]?.detail == "to phx.invalid:8080")
                #expect(doctor.outcome(.longPollJoin, .proxy) == "ok")
                #expect(doctor.report.verdict.route == .proxy && doctor.report.verdict.settings == [])
            }
        }
    }

    @Test("a proxy that asks for credentials fails at the tunnel, and the direct way is proposed")
    func credentials() async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            try await Relay.run(Relay.proxy(to: server.port, credentials: "YTpi")) { relay in
                let bare = try await DoctorRun.of(
                    server.url(Self.path),
                    environment: ["all_proxy": "127.0.0.1:\(relay.port)"]
                )
                #expect(bare.run.status == 0, "\(bare.run)")
                #expect(bare[.tunnel, .proxy]?.status == 407 && bare[.upgrade, .proxy]?.because == .tunnel)
                #expect(bare[.tunnel, .proxy]?.cause == "The proxy asks for a user and a password.")
                #expect(bare[.longPollOpen, .proxy]?.status == 407, "\(bare.run)")
                #expect(bare.outcome(.longPollOpen) == "ok", "the direct way leaves the environment's proxy alone")
                #expect(bare.report.verdict.route == .direct)
                #expect(bare.report.verdict.settings == [.init(option: "--proxy", value: "none")])
                let wrong = try await DoctorRun.of(
                    server.url(Self.path),
                    "--proxy",
                    "http://user:s3cret@127.0.0.1:\(relay.port)"
                )
                #expect(wrong[.tunnel, .proxy]?.cause?.contains("does not take the user") == true)
                #expect(wrong.report.proxy?.from == "option" && wrong.report.verdict.settings == [])
                let none = try await DoctorRun.of(
                    server.url(Self.path),
                    "--proxy",
                    "none",
                    environment: ["all_proxy": "127.0.0.1:\(relay.port)"]
                )
                #expect(none.report.proxy == nil && none.report.steps.allSatisfy { $0.route == .direct })
            }
        }
    }

    @Test("a proxy of the environment that cannot be used is a finding, one of --proxy a wrong command line")
    func unusableProxy() async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            let socks = try await DoctorRun.of(
                server.url(Self.path),
                environment: ["all_proxy": "socks5://user:s3cret@127.0.0.1:1"]
            )
            #expect(socks.run.status == 0)
            #expect(socks[.settings, .proxy]?.kind == .settings && socks[.name, .proxy]?.because == .settings)
            #expect(socks[.settings, .proxy]?.help?.contains("--proxy none") == true)
            let wrong = try await Child.run("doctor", server.url(Self.path), "--proxy", "socks5://user:s3cret@x")
            #expect(wrong.status == Status.usage.rawValue && !wrong.notes.contains("s3cret"), "\(wrong)")
        }
    }

    // MARK: The table

    @Test("the table for people, without colours where there is no terminal")
    func table() async throws {
        try await PhoenixTestServer.withServer { site in
            site.socket("/socket") { socket in socket.longPoll.isEnabled = false }
        } _: { server in
            let run = try await Child.run("doctor", server.url("/nowhere") + "?token=s3cret")
            #expect(run.status == Status.unreachable.rawValue && run.notes.isEmpty)
            #expect(!run.output.contains("\u{1B}") && !run.output.contains("s3cret"))
            let lines = run.lines.filter { !$0.isEmpty }
            #expect(lines.first == "\(server.url("/nowhere"))?token=… directly")
            #expect(lines.contains { $0.hasPrefix("  ✓ TCP ") && $0.hasSuffix("127.0.0.1, port \(server.port)") })
            #expect(lines.contains { $0.hasPrefix("  ✗ WebSocket: upgrade ") && $0.contains("status 404") })
            #expect(
                lines.contains {
                    $0.hasPrefix("  – WebSocket: heartbeat") && $0.hasSuffix("not tried: the upgrade failed")
                }
            )
            #expect(lines.contains("WebSocket: upgrade, directly"))
            #expect(lines.contains("  Likely cause: There is no socket at this path."))
            #expect(lines.last?.hasPrefix("Verdict: Nothing works. There is no socket at this path.") == true)
        }
    }

    @Test(
        "what is wrong with the command line ends with 64, before anything is tried",
        arguments: [
            ["ws://127.0.0.1:1/socket", "--transport", "carrier"], ["127.0.0.1:1/socket"],
            ["ws://127.0.0.1:1/socket", "room:1", "--join-payload", "{x}"],
            ["ws://127.0.0.1:1/socket", "--join-payload", "{}"], ["ws://127.0.0.1:1/socket", ""],
            ["ws://127.0.0.1:1/socket", "--timeout", "0"], ["ws://127.0.0.1:1/socket", "--option", "nope=1"],
            ["ws://127.0.0.1:1/socket", "--vsn", "7.0.0"],
        ]
    )
    func usage(arguments: [String]) async throws {
        let run = try await Child.run(["doctor"] + arguments)
        #expect([Status.usage.rawValue, Status.badData.rawValue].contains(run.status), "\(run)")
        #expect(run.output.isEmpty && !run.notes.isEmpty)
    }
}
