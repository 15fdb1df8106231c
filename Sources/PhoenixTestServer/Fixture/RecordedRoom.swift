private import FoundationEssentials
internal import PhoenixKit

/// The channel `room:*` of the recorded server.
enum RecordedRoom {
    /// The most messages one `burst` sends, and the most bytes each has.
    private static let largestBurst = 1_000_000
    private static let largestPad = 1_000_000

    private struct InvalidRequest: Error {}

    static func describe(_ channel: inout ChannelRoute) {
        channel.onJoin(join)
        addReplies(to: &channel)
        addPushes(to: &channel)
        addBroadcasts(to: &channel)
        addEnds(to: &channel)
        channel.on("whoami", whoami)
    }

    private static func join(_ context: ChannelContext, _ parameters: Payload) throws -> JoinOutcome {
        if parameters["deny"]?.boolean == true { return .error(["reason": "denied"]) }
        if parameters["crash"]?.boolean == true { return .crash }
        if parameters["push_on_join"]?.boolean == true {
            context.after(.zero) { try $0.push("welcome", ["topic": .string($0.topic)]) }
        }
        let outcome: JoinOutcome =
            if parameters["binary_reply"]?.boolean == true {
                .ok(.binary([0, 1, 2, 255]))
            } else {
                .ok(["joined": .string(context.topic), "params": try parameters.value()])
            }
        guard let delay = milliseconds(parameters["slow_ms"]) else { return outcome }
        return .blocking(for: delay, then: outcome)
    }

    // MARK: Replies

    private static func addReplies(to channel: inout ChannelRoute) {
        channel.on("echo") { _, message in .reply("ok", message.payload) }
        channel.on("echo_slowly") { _, message in
            .blocking(for: try required(milliseconds(message.payload["ms"])), then: .reply("ok", message.payload))
        }
        channel.on("slow") { context, message in
            let token = context.replyToken()
            let payload = message.payload
            context.after(try required(milliseconds(payload["ms"]))) { _ in try token.reply("ok", .payload(payload)) }
            return .noReply
        }
        channel.on("fail") { _, message in
            .reply("error", ["reason": try message.payload["reason"]?.value() ?? "failed"])
        }
        channel.on("noreply") { _, _ in .noReply }
        channel.on("status_only") { _, _ in .reply("ok") }
        channel.on("custom_status") { _, message in .reply("custom_atom_status", message.payload) }
        channel.on("binary_echo") { _, message in .reply("ok", .binary(try binary(message))) }
        channel.on("binary_fail") { _, message in .reply("error", .binary(try binary(message))) }
        channel.on("to_binary") { _, message in .reply("ok", .binary(try base64(message))) }
        channel.on("to_base64") { _, message in
            let data = try binary(message)
            return .reply("ok", ["base64": .string(Data(data.array).base64EncodedString()), "size": Value(data.count)])
        }
    }

    // MARK: Pushes

    private static func addPushes(to channel: inout ChannelRoute) {
        channel.on("push_back") { context, message in
            try context.push("pushed", .payload(message.payload))
            return .noReply
        }
        channel.on("push_later") { context, message in
            let payload = message.payload
            context.after(try required(milliseconds(payload["ms"]))) { try $0.push("later", .payload(payload)) }
            return .noReply
        }
        channel.on("burst") { context, message in
            let count = try count(message)
            let pad = String(repeating: "x", count: try size(message))
            for index in stride(from: 1, through: count, by: 1) {
                try context.push("tick", ["i": Value(index), "pad": .string(pad)])
            }
            return .reply("ok", ["n": Value(count)])
        }
        channel.on("burst_binary") { context, message in
            let count = try count(message)
            let pad = [UInt8](repeating: 0xAB, count: try size(message))
            for index in stride(from: 1, through: count, by: 1) {
                let number = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: index >> $0) }
                try context.push("tick_binary", .binary(Bytes(number + pad)))
            }
            return .reply("ok", ["n": Value(count)])
        }
    }

    // MARK: Broadcasts

    private static func addBroadcasts(to channel: inout ChannelRoute) {
        channel.on("shout") { context, message in
            try context.broadcast("shout", .payload(message.payload))
            return .noReply
        }
        channel.on("shout_reply") { context, message in
            try context.broadcast("shout", .payload(message.payload))
            return .reply("ok", ["sent": true])
        }
        channel.on("shout_from") { context, message in
            try context.broadcastFrom("shout", .payload(message.payload))
            return .reply("ok")
        }
        channel.on("shout_binary") { context, message in
            try context.broadcast("shout_binary", .binary(try binary(message)))
            return .noReply
        }
    }

    // MARK: Ends

    private static func addEnds(to channel: inout ChannelRoute) {
        channel.on("stop") { _, _ in .stop }
        channel.on("stop_reply") { _, message in .stopReplying("ok", .payload(message.payload)) }
        channel.on("stop_error") { _, _ in .crash }
        channel.on("crash") { _, _ in .crash }
        channel.on("drop_socket") { context, _ in
            if let id = context.socketID { context.server.disconnect(socketID: id) }
            return .noReply
        }
        channel.on("kill_transport") { context, _ in
            context.killTransport()
            return .noReply
        }
        channel.on("drain_socket") { context, _ in
            context.drainSocket()
            return .noReply
        }
    }

    private static func whoami(_ context: ChannelContext, _ message: Message) -> EventOutcome {
        let request = context.request
        let host = request.header("host") ?? ""
        let info: Value =
            if let token = request.authToken {
                ["auth_token": .string(token.revealed)]
            } else {
                [
                    "peer_data": ["address": .string(request.peerAddress), "port": Value(request.peerPort)],
                    "uri": .string(
                        "\(request.isSecure ? "https" : "http")://\(host)\(request.path)"
                            + (request.query.map { "?\($0)" } ?? "")
                    ),
                    "user_agent": request.header("user-agent").map { .string($0) } ?? .null,
                    "x_headers": .object(
                        Dictionary(
                            request.headers.filter { $0.name.hasPrefix("x-") }.map { ($0.name, .string($0.value)) },
                            uniquingKeysWith: { _, last in last }
                        )
                    ),
                ]
            }
        let version = request.version.hasPrefix("1") ? "V1" : "V2"
        return .reply(
            "ok",
            [
                "connect_info": info,
                "id": context.socketID.map { .string($0) } ?? .null,
                "join_ref": context.joinReference.map(value) ?? .null,
                "params": .object(request.parameters),
                "ref": message.reference.map(value) ?? .null,
                "serializer": .string("Phoenix.Socket.\(version).JSONSerializer"),
                "topic": .string(context.topic),
                "transport": .string(request.transport),
            ]
        )
    }

    // MARK: What the messages hold

    private static func value(of reference: Reference) -> Value {
        if !reference.isQuoted, let number = reference.number { Value(number) } else { .string(reference.text) }
    }

    private static func milliseconds(_ payload: Payload?) -> Duration? {
        payload?.integer.map { .milliseconds(min(max($0, 0), 3_600_000)) }
    }

    private static func required<Part>(_ part: Part?) throws -> Part {
        guard let part else { throw InvalidRequest() }
        return part
    }

    private static func count(_ message: Message) throws -> Int {
        min(max(Int(try required(message.payload["n"]?.integer)), 0), largestBurst)
    }

    private static func size(_ message: Message) throws -> Int {
        min(max(Int(message.payload["size"]?.integer ?? 0), 0), largestPad)
    }

    private static func binary(_ message: Message) throws -> Bytes {
        guard message.payload.isBinary else { throw InvalidRequest() }
        return message.payload.bytes
    }

    private static func base64(_ message: Message) throws -> Bytes {
        let text = try required(message.payload["base64"]?.string)
        return Bytes(Array(try required(Data(base64Encoded: text))))
    }
}
