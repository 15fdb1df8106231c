import Foundation
import Phoenix

// A chat in the terminal: what is typed is said in the room, what others say is printed.
//
//     scripts/demo builds phx; then, in two terminals more:    .build/debug/phx serve
//     swift run --package-path Examples Chat ws://127.0.0.1:4000/socket/websocket ada [ROOM]

let arguments = CommandLine.arguments.dropFirst()
guard let url = arguments.first, let name = arguments.dropFirst().first else {
    print("Expected a URL and a name, such as: Chat ws://127.0.0.1:4000/socket/websocket ada [ROOM]")
    exit(64)
}
let topic = "room:\(arguments.dropFirst(2).first ?? "lobby")"

let socket: PhoenixSocket
do {
    socket = try PhoenixSocket(url, over: ["websocket", "longpoll"])
} catch {
    print(error)
    exit(64)
}
let room = socket.channel(topic, ["name": .string(name)])

socket.onStateChange { state in
    if state.reason != nil { print("* \(state)") }
}
room.on("new_msg") { message in
    guard let body = message.payload["body"]?.string else { return }
    print("\(message.payload["from"]?.string ?? "someone"): \(body)")
}

socket.connect()
do {
    try await room.join().response()
    print("* \(name) is in \(topic); an empty line or the end of the input leaves")
    // Reading a terminal blocks, so that it has a thread of its own.
    let lines = AsyncStream<String> { lines in
        Thread.detachNewThread {
            while let line = readLine(), !line.isEmpty { lines.yield(line) }
            lines.finish()
        }
    }
    for await line in lines { try await room.push("new_msg", ["body": .string(line)]).response() }
    _ = try await room.leave().outcome
    print("* \(name) has left")
} catch {
    print("* \(error)")
    exit(1)
}
socket.stop()
