import PhoenixKit
import PhoenixTestServer

/// A server with a room that counts, and sends it numbered broadcasts.
enum Stage {
    private static let site = Site { site in
        site.socket("/socket") { socket in
            socket.longPoll.window = .seconds(2)
            socket.channel("room:*") { channel in
                channel.on("count") { _, message in .reply("ok", message.payload) }
            }
        }
    }

    /// Runs `body` with a server that sends a broadcast every `pace`, over TLS where it is given a certificate.
    static func run<Result>(
        pace: Duration = .milliseconds(25),
        tls: ServerTLS? = nil,
        _ body: (PhoenixTestServer) async throws -> Result
    ) async throws -> Result {
        var configuration = PhoenixTestServer.Configuration()
        configuration.tls = tls
        configuration.journal.entries = 1_000_000
        return try await PhoenixTestServer.withServer(configuration, site: site) { server in
            let broadcasts = Task {
                var number: Int64 = 0
                while !Task.isCancelled {
                    number += 1
                    try await server.broadcast(topic: "room:1", event: "tick", payload: ["n": .signed(number)])
                    try await Task.sleep(for: pace)
                }
            }
            defer { broadcasts.cancel() }
            return try await body(server)
        }
    }
}
