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
}
