internal import PhoenixKit

extension Site {
    /// A small site to try a client on, at `/socket`: a chat with presence (`room:*`), an echo (`echo:*`) and a clock
    /// (`clock:*`), which pushes a `tick` every second.
    public static let demo = Site { site in
        site.socket("/socket") { socket in
            socket.compresses = true
            socket.onConnect { request in
                .accept(id: request.parameters["name"]?.string.map { "user:" + $0 })
            }
            socket.channel("room:*", describeRoom)
            socket.channel("echo:*") { channel in
                channel.onAny { _, message in .reply("ok", message.payload) }
            }
            socket.channel("clock:*", describeClock)
        }
        site.page("GET", "/health") { _, _ in .text("ok") }
    }

    private static func describeRoom(_ channel: inout ChannelRoute) {
        channel.onJoin { context, parameters in
            let name = parameters["name"]?.string ?? context.request.parameters["name"]?.string ?? "guest"
            context.assigns["name"] = name
            context.after(.zero) { context in
                context.presence.track(name)
                context.after(.zero) { try $0.push("presence_state", .value($0.presence.list())) }
            }
            return .ok(["topic": .string(context.topic), "name": .string(name)])
        }
        channel.on("new_msg") { context, message in
            guard let body = message.payload["body"]?.string else {
                return .reply("error", ["reason": "expected a body"])
            }
            let name = context.assigns["name"] as? String ?? "guest"
            try context.broadcast("new_msg", ["body": .string(body), "from": .string(name)])
            return .reply("ok")
        }
        channel.on("typing") { context, message in
            let isTyping = message.payload["typing"]?.boolean ?? true
            context.presence.update(context.assigns["name"] as? String ?? "guest") { $0["typing"] = .boolean(isTyping) }
            return .noReply
        }
    }

    private static func describeClock(_ channel: inout ChannelRoute) {
        channel.onJoin { context, _ in
            context.after(.seconds(1)) { try tick($0, 1) }
            return .ok()
        }
    }

    @Sendable
    private static func tick(_ context: ChannelContext, _ count: Int) throws {
        try context.push("tick", ["count": Value(count)])
        context.after(.seconds(1)) { try tick($0, count + 1) }
    }
}
