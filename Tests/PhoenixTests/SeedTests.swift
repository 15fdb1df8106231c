import Phoenix
import PhoenixTestServer
import PhoenixTesting
import Testing

/// The 22 tests of phoenix_gen_socket_client 4.0.0 (`test/socket_client_test.exs`), by their names and in their order.
///
/// Each goes through a real transport to the embedded server: over WebSocket and over long polling, in both versions of the
/// serializer.
@Suite("The tests of phoenix_gen_socket_client", .timeLimit(.minutes(2)))
struct SeedTests {
    typealias Setting = SeedStage.Setting

    @Test("1 connection success", arguments: Setting.all)
    func connectionSuccess(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.connected()
            let joined = try await socket.join("channel:1")
            #expect(joined.topic == "channel:1")
            #expect(joined.response.bytes.text == "{}")
        }
    }

    @Test("2 no auto connect", arguments: Setting.all)
    func noAutoConnect(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let transport = MortalTransport(base: setting.anyTransport)
            let socket = try TestSocket(
                stage.url(),
                connects: false,
                transport: transport,
                serializer: setting.serializer,
                configuration: SeedStage.patient
            )
            await #expect(throws: TestSocketError.disconnected) { try await socket.join("channel:1") }
            await #expect(throws: TestSocketError.timeout) { try await socket.waitConnectStatus(timeout: .zero) }
            #expect(transport.generations.isEmpty)
            // Had there been an attempt on the way, this would be the second.
            try await socket.connect(
                to: stage.url(),
                ["shared_secret": "supersecret"]
            )
            #expect(try await socket.waitConnectStatus().isConnected)
            #expect(transport.generations == [1])
            let attempts: Set<JournalEntry.Kind> = [.connected, .refused]
            #expect(stage.server.journal.entries.map(\.kind).filter(attempts.contains) == [.connected])
        }
    }

    @Test("3 connect with url and query_params override", arguments: Setting.all)
    func connectElsewhere(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try stage.socket(connects: false)
            let url = stage.url("/test_socket_updated")
            try await socket.connect(to: url, ["shared_secret": "supersecret_updated"])
            #expect(try await socket.waitConnectStatus().isConnected)
            try await socket.join("channel:1")
            let entry = try await stage.entry { $0.kind == .connected }
            #expect(entry.note == "/test_socket_updated/\(setting.transport.rawValue)")
            #expect(entry.transport == setting.transport.rawValue)
        }
    }

    @Test("4 client message push", arguments: Setting.all)
    func push(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.joined("channel:1")
            try await socket.push("channel:1", "some_event", ["foo": "bar"])
            let message = try await stage.received("some_event")
            #expect(message?.topic == "channel:1")
            #expect(message?.payload.bytes.text == #"{"foo":"bar"}"#)
        }
    }

    @Test("5 send and response", arguments: Setting.all)
    func response(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.joined("channel:1")
            let (status, response) = try await socket.pushSync("channel:1", "sync_event", ["foo": "bar"])
            #expect(status == "ok")
            #expect(response.bytes.text == #"{"foo":"bar"}"#)
        }
    }

    /// A Swift string is always valid Unicode, unlike `<<166>>`; a number that JSON cannot express stands in for it.
    @Test("6 message that cannot be encoded", arguments: Setting.all)
    func unencodable(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.joined("channel:1")
            let error = await #expect(throws: TestSocketError.self) {
                try await socket.push("channel:1", "some_event", ["foo": .double(.nan)])
            }
            guard case .encoding(let cause) = error else {
                Issue.record("expected .encoding, got \(error as Any)")
                return
            }
            #expect(cause.message.contains("NaN") || cause.message.contains("nan"))
            try await socket.pushSync("channel:1", "sync_event")
            #expect(stage.server.journal.received(event: "some_event").isEmpty)
        }
    }

    @Test("7 client message receive", arguments: Setting.all)
    func receive(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.joined("channel:1")
            try await socket.push("channel:1", "push", ["event": "some_event", "payload": ["foo": "bar"]])
            let message = try await socket.awaitMessage()
            #expect(message.topic == "channel:1")
            #expect(message.event == "some_event")
            #expect(message.payload.bytes.text == #"{"foo":"bar"}"#)
        }
    }

    @Test("8 leave the channel", arguments: Setting.all)
    func leave(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.joined("channel:1")
            let response = try await socket.leave("channel:1")
            #expect(response.bytes.text == "{}")
            #expect(stage.ended.withLock { $0 } == ["channel:1"], "the channel has terminated on the server")
            #expect(try await socket.isJoined("channel:1") == false)
        }
    }

    @Test("9 refs monotonic on same channel", arguments: Setting.all)
    func referencesOnOneChannel(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.joined("channel:1")
            var last = Reference(0)
            for _ in 0..<10 {
                let reference = try await socket.push("channel:1", "some_event")
                #expect(try #require(reference.number) == #require(last.number) + (last == 0 ? 2 : 1))
                last = reference
            }
        }
    }

    @Test("10 refs monotonic on multiple channels", arguments: Setting.all)
    func referencesOnManyChannels(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.joined("channel:1")
            try await socket.join("channel:2")
            var numbers: [UInt64] = []
            for index in 0..<10 {
                let reference = try await socket.push("channel:\(1 + index % 2)", "some_event")
                numbers.append(try #require(reference.number))
            }
            #expect(numbers == Array(3..<13))
        }
    }

    @Test("11 refs monotonic after leave/rejoin", arguments: Setting.all)
    func referencesAfterRejoin(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.joined("channel:1")
            let before = try await socket.push("channel:1", "some_event")
            try await socket.leave("channel:1")
            let join = try await socket.join("channel:1").reference
            let after = try await socket.push("channel:1", "some_event")
            #expect([before.number, join.number, after.number] == [2, 4, 5])
        }
    }

    @Test("12 connection error", arguments: Setting.all)
    func connectionError(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try stage.socket(connects: false)
            // Nobody listens on this port; one that was just given back may be another test's by now.
            try await socket.connect(to: "ws://127.0.0.1:1/socket/\(setting.transport.rawValue)")
            let reason = try #require(try await socket.waitConnectStatus().reason)
            #expect(reason.kind == .failedToConnect)
            #expect(reason.error?.code == .unreachable)
        }
    }

    @Test("13 connection refused by socket", arguments: Setting.all)
    func refusedBySocket(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try stage.socket(secret: "wrong")
            let reason = try #require(try await socket.waitConnectStatus().reason)
            #expect(reason.kind == .failedToConnect)
            #expect(reason.error?.code == .upgradeRefused)
            #expect(reason.refusal?.status == 403)
        }
    }

    @Test("14 transport process terminates", arguments: Setting.all)
    func transportTerminates(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let mortal = MortalTransport(base: setting.anyTransport)
            let socket = try TestSocket(
                stage.url(),
                ["shared_secret": "supersecret"],
                transport: mortal,
                serializer: setting.serializer,
                configuration: SeedStage.patient
            )
            #expect(try await socket.waitConnectStatus().isConnected)
            try await socket.join("channel:1")
            mortal.die()
            let reason = try #require(try await socket.waitConnectStatus().reason)
            #expect(reason.kind == .transportDown)
            #expect(try await socket.isJoined("channel:1") == false)
            try await socket.connect()
            #expect(try await socket.waitConnectStatus().isConnected)
            try await socket.join("channel:1")
        }
    }

    @Test("15 can't interact when disconnected", arguments: Setting.all)
    func disconnected(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.joined("channel:1")
            await stage.server.cut()
            #expect(try await socket.waitConnectStatus().reason != nil)
            await #expect(throws: TestSocketError.disconnected) { try await socket.join("channel:1") }
            await #expect(throws: TestSocketError.disconnected) { try await socket.leave("channel:1") }
            await #expect(throws: TestSocketError.disconnected) { try await socket.push("channel:1", "some_event") }
            await #expect(throws: TestSocketError.disconnected) {
                try await socket.pushSync("channel:1", "some_event")
            }
        }
    }

    @Test("16 refused channel join", arguments: Setting.all)
    func refusedJoin(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.connected()
            let error = await #expect(throws: TestSocketError.self) { try await socket.join("invalid_channel") }
            guard case .serverRejected(let topic, "error", let response) = error else {
                Issue.record("expected .serverRejected, got \(error as Any)")
                return
            }
            #expect(topic == "invalid_channel")
            #expect(response.bytes.text == #"{"reason":"unmatched topic"}"#)
        }
    }

    @Test("17 double join", arguments: Setting.all)
    func doubleJoin(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.joined("channel:1")
            await #expect(throws: TestSocketError.alreadyJoined) { try await socket.join("channel:1") }
            try await socket.pushSync("channel:1", "sync_event")
            #expect(stage.server.journal.received(event: "phx_join").count == 1)
        }
    }

    @Test("18 no push before join", arguments: Setting.all)
    func noPushBeforeJoin(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.connected()
            await #expect(throws: TestSocketError.notJoined) { try await socket.push("channel:1", "some_event") }
            try await socket.join("channel:1")
            try await socket.push("channel:1", "some_event")
            #expect(try await stage.received("some_event")?.topic == "channel:1")
        }
    }

    @Test("19 server channel disconnects", arguments: Setting.all)
    func channelStops(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.joined("channel:1")
            try await socket.push("channel:1", "stop")
            let closure = try await socket.awaitChannelClosed("channel:1")
            #expect(closure.kind == .closed)
            #expect(closure.payload.bytes.text == "{}")
            #expect(try await socket.isJoined("channel:1") == false)
        }
    }

    @Test("20 server channel crashes", arguments: Setting.all)
    func channelCrashes(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.joined("channel:1")
            try await socket.push("channel:1", "crash")
            let closure = try await socket.awaitChannelClosed("channel:1")
            #expect(closure.kind == .crashed)
            #expect(closure.payload["reason"]?.string == "channel_crash")
            #expect(try await socket.isJoined("channel:1") == false)
        }
    }

    @Test("21 joined? true", arguments: Setting.all)
    func joined(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.joined("channel:1")
            #expect(try await socket.isJoined("channel:1"))
        }
    }

    @Test("22 joined? false", arguments: Setting.all)
    func notJoined(_ setting: Setting) async throws {
        try await SeedStage.with(setting) { stage in
            let socket = try await stage.connected()
            #expect(try await socket.isJoined("channel:1") == false)
            try await socket.join("channel:1")
            #expect(try await socket.isJoined("channel:2") == false)
        }
    }
}

extension TestSocket.ConnectStatus {
    var isConnected: Bool {
        if case .connected = self { true } else { false }
    }

    /// Why there is no connection; nil when there is one.
    var reason: DisconnectReason? {
        if case .disconnected(let reason) = self { reason } else { nil }
    }
}
