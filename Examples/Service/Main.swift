import Foundation
import Logging
import Phoenix
import PhoenixService
import PhoenixTestServer
import ServiceLifecycle

/// A service on a server: it answers what is said in a room, until SIGTERM or SIGINT shuts it down in good order.
///
///     swift run --package-path Examples Service [URL]
///
/// Without a URL it has a server of its own, says one thing itself, and shuts down when that was answered.
@main
struct Main {
    static func main() async throws {
        if let url = CommandLine.arguments.dropFirst().first {
            let socket = try PhoenixSocket(url)
            return try await group(socket, Answerer(room: socket.channel("room:lobby", ["name": "answerer"]))).run()
        }
        try await PhoenixTestServer.withServer(site: .demo) { server in
            let socket = try PhoenixSocket(server.url("/socket/websocket"))
            let answerer = Answerer(room: socket.channel("room:lobby", ["name": "answerer"]))
            let group = group(socket, answerer)
            async let running: Void = group.run()

            let guest = try PhoenixSocket(server.url("/socket/websocket"))
            let room = guest.channel("room:lobby", ["name": "ada"])
            var heard = room.events("new_msg").makeAsyncIterator()
            guest.connect()
            try await room.join().response()
            try await answerer.isReady()
            try await room.push("new_msg", ["body": "is anybody there?"]).response()
            while let message = await heard.next(), message.payload["from"]?.string != "answerer" {}
            print("it was answered")
            await group.triggerGracefulShutdown()
            try await running
            print("the service has shut down; the socket is \(socket.state)")
            guest.stop()
        }
    }

    private static func group(_ socket: PhoenixSocket, _ answerer: Answerer) -> ServiceGroup {
        ServiceGroup(
            // In the order in which they start; they are shut down in the opposite one.
            services: [SocketService(socket), answerer],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "service", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }
}

/// Answers what others say in a room.
struct Answerer: Service {
    let room: PhoenixChannel

    func run() async throws {
        let messages = room.events("new_msg")
        try await room.join().response()
        for await message in messages.cancelOnGracefulShutdown() {
            guard message.payload["from"]?.string != "answerer" else { continue }
            try await room.push("new_msg", ["body": "I am"]).response()
        }
    }

    /// Returns when it has joined.
    func isReady() async throws {
        for await state in room.states where state == .joined { return }
    }
}
