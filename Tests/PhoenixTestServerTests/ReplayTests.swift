import PhoenixKit
import PhoenixTestServer
import Testing

/// The embedded server answers as the real one did.
@Suite(.timeLimit(.minutes(2)))
struct ReplayTests {
    /// All recordings that need no TLS.
    static let names = [
        "auth_token_websocket", "binary_push_broadcast", "binary_push_reply", "broadcast", "burst", "channel_crash",
        "channel_stop", "deflate", "drop_socket", "duplicate_join", "fragmented", "heartbeat", "idle_timeout",
        "invalid_frames_v1", "invalid_frames_v2", "invalid_utf8_text", "join_crash", "join_denied", "join_slow",
        "presence", "push_on_join", "push_unjoined", "slow_replies", "unknown_event", "unmasked_frame",
        "upgrade_refused", "v1_binary", "v1_join_echo_leave", "v2_join_echo_leave", "vsn_missing",
        "cowboy/deflate", "cowboy/drop_socket", "cowboy/duplicate_join", "cowboy/idle_timeout",
        "cowboy/invalid_frames_v2",
        "cowboy/v2_join_echo_leave",
        "lp_auth_token", "lp_bad_token", "lp_batch_over_100", "lp_binary_client", "lp_binary_server_500",
        "lp_body_too_large", "lp_channel_errors", "lp_content_type", "lp_drop_socket", "lp_expired", "lp_forbidden",
        "lp_full_cycle", "lp_invalid_json", "lp_options", "lp_poll_wait", "lp_presence", "lp_token_header", "lp_v1",
        "cowboy/lp_full_cycle",
    ]

    @Test("The server answers the recording as the real one did", arguments: names)
    func replay(_ name: String) async throws {
        let recording = try Recording(name)
        let clock = ManualClock()
        var configuration = PhoenixTestServer.Configuration()
        configuration.adapter = recording.adapter
        configuration.clock = clock
        try await PhoenixTestServer.withServer(configuration, site: .recorded) { server in
            var replay = Replay(recording, against: server, clock: clock)
            try await replay.run()
            #expect(replay.compared > 0)
        }
    }

    /// Where the random replays begin; a failure names it.
    static let seed = UInt64.random(in: .min ... .max)

    @Test("The server answers as the real one would with other topics, references and values", arguments: names, 0..<5)
    func renamed(_ name: String, _ round: UInt64) async throws {
        let seed = Self.seed &+ round
        let recording = try Recording(name)
        let clock = ManualClock()
        var configuration = PhoenixTestServer.Configuration()
        configuration.adapter = recording.adapter
        configuration.clock = clock
        try await PhoenixTestServer.withServer(configuration, site: .recorded) { server in
            var renaming = Renaming(seed: seed)
            var replay = Replay(try renaming.rename(recording), against: server, clock: clock)
            do { try await replay.run() } catch { Issue.record("seed \(seed): \(error)") }
        }
    }

    @Test("The server answers over TLS as the real one did")
    func tls() async throws {
        let clock = ManualClock()
        var configuration = PhoenixTestServer.Configuration()
        configuration.clock = clock
        configuration.tls = TestCertificate.tls
        let recording = try Recording("tls")
        try await PhoenixTestServer.withServer(configuration, site: .recorded) { server in
            var replay = Replay(recording, against: server, clock: clock, certificate: TestCertificate.chain)
            try await replay.run()
            #expect(replay.compared == 7)
        }
    }

    @Test("A server like the other one does not pass for the recorded one", arguments: ServerAdapter.allCases)
    func otherAdapter(_ adapter: ServerAdapter) async throws {
        let name = adapter == .bandit ? "cowboy/idle_timeout" : "idle_timeout"
        let recording = try Recording(name)
        let clock = ManualClock()
        var configuration = PhoenixTestServer.Configuration()
        configuration.adapter = adapter
        configuration.clock = clock
        try await PhoenixTestServer.withServer(configuration, site: .recorded) { server in
            await #expect(throws: Replay.Mismatch.self) {
                var replay = Replay(recording, against: server, clock: clock)
                try await replay.run()
            }
        }
    }

    @Test("A replay notices an answer that differs from the recording")
    func mismatch() async throws {
        var recording = try Recording("channel_stop")
        let index = try #require(recording.entries.firstIndex { $0.text.contains("phx_close") })
        var members = try #require(recording.entries[index].value.object)
        members["text"] = .string(recording.entries[index].text.replacing("phx_close", with: "phx_error"))
        recording.entries[index].value = .object(members)
        let clock = ManualClock()
        var configuration = PhoenixTestServer.Configuration()
        configuration.clock = clock
        try await PhoenixTestServer.withServer(configuration, site: .recorded) { [recording] server in
            await #expect(throws: Replay.Mismatch.self) {
                var replay = Replay(recording, against: server, clock: clock)
                try await replay.run()
            }
        }
    }

    @Test("Every recording is replayed or left out for a reason")
    func coverage() throws {
        #expect(try Set(Recording.names()) == Set(Self.names + ["tls"]))
    }
}
