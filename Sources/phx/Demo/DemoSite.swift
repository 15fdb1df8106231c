internal import Phoenix
internal import PhoenixTestServer

extension Site {
    /// What the demo talks to: rooms that echo, broadcast and crash, and one that nobody may enter.
    static let conversation = Site { site in
        site.socket("/socket") { socket in
            socket.channel("room:secret") { channel in
                channel.onJoin { _, _ in .error(["reason": "members only"]) }
            }
            socket.channel("room:*") { channel in
                channel.onJoin { context, _ in .ok(["welcome": .string(context.topic)]) }
                channel.on("echo") { _, message in .reply("ok", message.payload) }
                channel.on("new_msg") { context, message in
                    try context.broadcast("new_msg", .payload(message.payload))
                    return .reply("ok")
                }
                channel.on("reverse") { _, message in
                    .reply("ok", .binary(Bytes(message.payload.bytes.reversed())))
                }
                channel.on("crash") { _, _ in .crash }
            }
        }
    }
}
