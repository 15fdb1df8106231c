import Phoenix
import PhoenixTestServer

// The first channel of the README, against a server of its own.
//
//     swift run --package-path Examples FirstChannel

try await PhoenixTestServer.withServer(site: .demo) { server in
    let socket = try PhoenixSocket(server.url("/socket/websocket"))
    let lobby = socket.channel("room:lobby", ["name": "ada"])
    var messages = lobby.events("new_msg").makeAsyncIterator()
    socket.connect()
    try await lobby.join().response()
    try await lobby.push("new_msg", ["body": "hello"]).response()
    print(await messages.next()?.payload["body"]?.string ?? "nothing came")
}
