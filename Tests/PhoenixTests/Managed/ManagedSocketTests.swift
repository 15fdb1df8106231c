import Phoenix
import PhoenixTestServer
import Synchronization
import Testing

/// The managed layer over real transports, against the embedded server.
@Suite("A managed socket over real transports", .timeLimit(.minutes(2)))
struct ManagedSocketTests {
    private func withServer(_ body: (PhoenixTestServer) async throws -> Void) async throws {
        let server = try await PhoenixTestServer.start(site: .recorded)
        do {
            try await body(server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test("it joins, pushes, hears and leaves", arguments: ["websocket", "longpoll"])
    func wholeLife(_ transport: String) async throws {
        try await withServer { server in
            let socket = try PhoenixSocket(
                "ws://127.0.0.1:\(server.port)/socket/websocket",
                over: [transport],
                options: ["proxy": "none"]
            )
            let room = socket.channel("room:1")
            var messages = room.messages.makeAsyncIterator()
            let join = try room.join()
            let early = try room.push("echo", ["n": 1])
            #expect(room.state == .joining)
            #expect(throws: PhoenixError.self) { try room.join() }
            socket.connect()
            _ = try await join.response()
            #expect(try await early.response()["n"]?.integer == 1)
            #expect(room.state == .joined)
            #expect(try await socket.ping() > .zero)
            _ = try await room.push("shout_reply", ["n": 2]).response()
            #expect(await messages.next() != nil)
            _ = try await room.leave().outcome
            #expect(room.state == .closed)
            #expect(throws: PhoenixError.self) { try room.push("echo") }
            #expect(await messages.next() == nil)
            var states = socket.states.makeAsyncIterator()
            socket.disconnect()
            while let state = await states.next(), state.kind != .disconnected {}
        }
    }

    @Test("who is present is known after the join, and through a reconnect")
    func presence() async throws {
        try await withServer { server in
            let url = "ws://127.0.0.1:\(server.port)/socket/websocket"
            let (one, two) = (
                try PhoenixSocket(url, options: ["proxy": "none"]), try PhoenixSocket(url, options: ["proxy": "none"])
            )
            let room = one.channel("presence:1", ["name": "ada"])
            let presence = room.presence()
            var changes = presence.changes().makeAsyncIterator()
            one.connect()
            _ = try await room.join().response()
            guard case .joined(nil, let first)? = await changes.next() else {
                Issue.record("Expected somebody to come.")
                return
            }
            #expect(presence[first.key] != nil)
            two.connect()
            let other = two.channel("presence:1", ["name": "bob"])
            _ = try await other.join().response()
            while let change = await changes.next() {
                if case .joined(_, let new) = change, new.key != first.key { break }
            }
            #expect(presence.list.count == 2)
            two.stop()
            while let change = await changes.next() {
                if case .left(let current, _) = change, current.metas.isEmpty { break }
            }
            #expect(presence.list.map(\.key) == [first.key])
        }
    }
}
