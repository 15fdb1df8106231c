import Foundation
import Phoenix
import PhoenixTestServer

/// Lets a client find its way to a server whose upgrades are refused, and back when they are not, and prints what it decides.
///
///     swift run --package-path Examples FallbackClient
@main
struct Main {
    static func main() async throws {
        try await PhoenixTestServer.withServer { site in
            site.socket("/socket") { socket in socket.channel("room:*") { _ in } }
        } _: { server in
            let eaten = await server.inject(.refuseUpgrade(status: 502, path: "/socket/websocket", times: nil))
            let (lines, log) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1_000))
            var settings = Fallback.Settings()
            // An app leaves it at minutes.
            settings.probes = Backoff(first: .milliseconds(300), longest: .seconds(1))
            let fallback = try Fallback(
                ConnectionTarget(server.url("/socket/websocket")),
                over: ["websocket", "longpoll"],
                in: .standard,
                settings: settings
            )
            let client = SocketClient(Chat(fallback: fallback, log: { log.yield($0) }), registry: .standard)
            client.start()
            // Whatever goes wrong, the example ends.
            let deadline = Task {
                try await Task.sleep(for: .seconds(30))
                log.finish()
            }
            var goals = ["longpoll: proved itself", "websocket: the probe failed", "websocket: proved itself"]
            for await line in lines {
                print(line)
                guard let goal = goals.first, line.hasPrefix(goal) else { continue }
                goals.removeFirst()
                if goals.count == 1 { await server.removeFault(eaten) }
                if goals.isEmpty { break }
            }
            deadline.cancel()
            client.stop()
            guard goals.isEmpty else {
                print("FAILED: not seen: \(goals.joined(separator: ", "))")
                exit(1)
            }
        }
    }
}
