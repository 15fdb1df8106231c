import Foundation
import Phoenix
import PhoenixTestServer
import PhoenixUnixSocket
import Testing

@Suite("The WebSocket over a Unix domain socket", .timeLimit(.minutes(1)))
struct UnixSocketTests {
    private func registry() -> PluginRegistry {
        var registry = PluginRegistry.standard
        registry.register(.webSocketOverUnixSocket)
        return registry
    }

    @Test("a client joins and pushes through the socket that the option names, wherever its URL leads")
    func conversation() async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            let port = try #require(Endpoint(server.url("/socket/websocket")).port)
            try await Relay.run(to: port) { relay in
                let socket = try PhoenixSocket(
                    // Nothing listens there.
                    "ws://localhost:1/socket/websocket",
                    registry: registry(),
                    options: ["unixsocket.path": relay.path]
                )
                socket.connect()
                let echo = socket.channel("echo:unix")
                try await echo.join().response()
                let long = String(repeating: "sidecar ", count: 20_000)
                let reply = try await echo.push("say", ["words": .string(long)]).response()
                #expect(reply["words"]?.string == long)
                let binary = try await echo.push("say", .binary([0, 255, 10])).response()
                #expect(binary.bytes == [0, 255, 10])
                socket.stop()
            }
            #expect(server.journal.received(topic: "echo:unix", event: "say").count == 2)
        }
    }

    @Test("nobody at the path, and a path that is too long, are typed errors")
    func unreachable() async throws {
        let cases: [(String, PhoenixError.Code)] = [
            ("/tmp/phx-nobody-is-here", .unreachable), (String(repeating: "x", count: 200), .invalidURL),
        ]
        for (path, code) in cases {
            let socket = try PhoenixSocket(
                "ws://localhost/socket/websocket",
                registry: registry(),
                options: ["unixsocket.path": path]
            )
            var states = socket.states.makeAsyncIterator()
            socket.connect()
            while let state = await states.next() {
                guard let reason = state.reason else { continue }
                #expect(reason.error?.code == code)
                break
            }
            socket.stop()
        }
    }

    @Test("without its option the transport is the ordinary one, and an empty path is refused")
    func options() throws {
        let endpoint = try Endpoint("ws://server.test/socket/websocket")
        let plugin = TransportPlugin.webSocketOverUnixSocket
        let plain = try plugin.make(PluginRequest(endpoint: endpoint, options: [:])) as? WebSocketTransport
        #expect(plain?.connector is TCPConnector)
        let empty = PluginRequest(endpoint: endpoint, options: ["unixsocket.path": ""])
        #expect(throws: PhoenixError.self) { try plugin.make(empty) }
        #expect(plugin.optionKeys.isSuperset(of: TransportPlugin.webSocket.optionKeys))
    }
}
