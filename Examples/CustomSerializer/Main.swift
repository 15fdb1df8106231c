import Foundation
import Phoenix
import PhoenixTestServer

/// Talks to a server in a serializer of its own, which both ends register: the one of the README.
///
///     swift run --package-path Examples CustomSerializer
@main
struct Main {
    static func main() async throws {
        var configuration = PhoenixTestServer.Configuration()
        configuration.serializers = [PipeSerializer()]
        try await PhoenixTestServer.withServer(configuration, site: .demo) { server in
            var registry = PluginRegistry.standard
            registry.register(SerializerPlugin(name: "pipe", versions: ["7.0.0"]) { _, _ in PipeSerializer() })
            let socket = try PhoenixSocket(
                server.url("/socket/websocket"),
                registry: registry,
                options: ["serializer": "pipe"]
            )
            let echo = socket.channel("echo:1")
            socket.connect()
            try await echo.join().response()
            let reply = try await echo.push("say", ["words": "in lines"]).response()
            print("the server answered: \(reply["words"]?.string ?? "something else")")
            for entry in server.journal.entries {
                guard let message = entry.message else { continue }
                let role: Role = entry.kind == .received ? .client : .server
                print("\(entry.kind): \(try PipeSerializer().encode(message, as: role).bytes.text)")
            }
            socket.stop()
        }
    }
}
