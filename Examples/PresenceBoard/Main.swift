import Foundation
import Phoenix
import PhoenixTestServer

/// Shows who is in a room, and what changes, while guests come and go.
///
///     swift run --package-path Examples PresenceBoard
@main
struct Main {
    static func main() async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            let board = try PhoenixSocket(server.url("/socket/websocket"))
            let room = board.channel("room:lobby", ["name": "board"])
            // Before the join, so that nothing is missed.
            let presence = room.presence()
            var changes = presence.changes().makeAsyncIterator()
            board.connect()
            try await room.join().response()

            let guests = try ["ada", "grace"].map { name in
                let socket = try PhoenixSocket(server.url("/socket/websocket"))
                socket.connect()
                try socket.channel("room:lobby", ["name": .string(name)]).join()
                return socket
            }
            var expected: Set = ["board came", "ada came", "grace came"]
            while !expected.isEmpty, let change = await changes.next() { expected.remove(say(change)) }
            print("present: \(presence.list.map(\.key).joined(separator: ", "))")

            for guest in guests { guest.stop() }
            expected = ["ada went", "grace went"]
            while !expected.isEmpty, let change = await changes.next() { expected.remove(say(change)) }
            print("present: \(presence.list.map(\.key).joined(separator: ", "))")
        }
    }

    private static func say(_ change: PresenceChange) -> String {
        let line =
            switch change {
            case .joined(nil, let new): "\(new.key) came"
            case .joined(_?, let new): "\(new.key) is here once more"
            case .left(let current, _):
                current.metas.isEmpty ? "\(current.key) went" : "\(current.key) is here less often"
            }
        print(line)
        return line
    }
}
