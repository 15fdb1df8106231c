import Configuration
import Foundation
import Phoenix
import PhoenixConfiguration

/// A client whose URL, transports and options its deployment decides: says one thing in a room and prints what comes back.
///
///     PHOENIX_URL=ws://127.0.0.1:4000/socket/websocket PHOENIX_TRANSPORTS=websocket,longpoll \
///         swift run --package-path Examples ConfiguredClient
@main
struct Main {
    static func main() async {
        do {
            let configuration = ConfigReader(provider: EnvironmentVariablesProvider()).scoped(to: "phoenix")
            let deployment = try await PhoenixDeployment(reading: configuration, for: .standard)
            let socket = try PhoenixSocket(deployment, registry: .standard)
            let room = socket.channel("room:lobby", ["name": "configured"])
            var messages = room.events("new_msg").makeAsyncIterator()
            socket.connect()
            try await room.join().response()
            try await room.push("new_msg", ["body": "hello from here"]).response()
            print(await messages.next()?.payload["body"]?.string ?? "nothing came")
            socket.stop()
        } catch {
            print(error)
            exit(78)
        }
    }
}
