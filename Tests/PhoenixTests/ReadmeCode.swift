import Logging
import Phoenix

// The code of the README, word for word. `ReadmeTests` holds the two against each other.

private enum ManagedChannel {
    static func run() async throws {
        let socket = try PhoenixSocket("ws://127.0.0.1:4000/socket/websocket")
        let lobby = socket.channel("room:lobby", ["name": "ada"])
        lobby.on("new_msg") { message in
            print(message.payload["body"]?.string ?? "")
        }
        socket.connect()
        try await lobby.join().response()
        try await lobby.push("new_msg", ["body": "hello"]).response()
    }
}

private enum FirstChannel {
    struct Lobby: SocketHandler {
        func start(_ socket: inout Socket) throws -> Start {
            try .connect("ws://127.0.0.1:4000/socket/websocket", ["user": "ada"])
        }

        func connected(_ socket: inout Socket) -> Directive {
            _ = try? socket.join("room:lobby", ["name": "ada"])
            return .ok
        }

        func received(_ message: Message, _ socket: inout Socket) -> Directive {
            print(message.event, message.payload["body"]?.string ?? "")
            return .ok
        }

        func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
            print(reason)
            return .connect
        }
    }

    static func run() async throws {
        let client = SocketClient(Lobby(), registry: .standard)
        try await client.run()
    }
}

private enum Deployment {
    static func run(_ environment: [String: String], _ handler: FirstChannel.Lobby) async throws {
        let options = ConnectionOptions(strings: [
            "transport": environment["CHAT_TRANSPORT"] ?? "websocket",
            "vsn": environment["CHAT_VSN"] ?? "2.0.0",
        ])
        let client = SocketClient(handler, registry: .standard, options: options)
        try await client.run()
    }

    static func concrete(_ handler: FirstChannel.Lobby) {
        let client = SocketClient(handler, transport: WebSocketTransport(), serializer: JSONSerializer.v2)
        client.start()
    }
}

private enum WritingASerializer {
    /// Lines such as `1|2|room:1|new_msg|{"body":"hi"}`.
    struct PipeSerializer: Serializer {
        var name: String { "pipe" }
        var version: String { "7.0.0" }
        var payloadFormat: any PayloadFormat { JSONFormat() }
        var capabilities: SerializerCapabilities {
            SerializerCapabilities(emits: [.text], accepts: [.text], isLineBatchable: false)
        }

        func encode(_ message: Message, as role: Role) throws -> Frame {
            let fields = [
                message.joinReference?.text ?? "", message.reference?.text ?? "", message.topic,
                message.status.map { "phx_reply/\($0)" } ?? message.event, message.payload.bytes.text,
            ]
            return .text(fields.joined(separator: "|"))
        }

        func decode(_ frame: Frame, as role: Role) throws -> Message {
            let fields = frame.bytes.text.split(separator: "|", maxSplits: 4, omittingEmptySubsequences: false)
            guard fields.count == 5 else { throw PhoenixError(.decoding, "Expected five fields, got \(fields.count).") }
            let event = fields[3].split(separator: "/").map(String.init)
            return Message(
                joinReference: fields[0].isEmpty ? nil : Reference(text: String(fields[0])),
                reference: fields[1].isEmpty ? nil : Reference(text: String(fields[1])),
                topic: String(fields[2]),
                event: event.first ?? "",
                status: event.count > 1 ? event[1] : nil,
                payload: Payload(Bytes(fields[4]), format: JSONFormat())
            )
        }
    }

    static func register() -> PluginRegistry {
        var registry = PluginRegistry.standard
        registry.register(SerializerPlugin(name: "pipe", versions: ["7.0.0"]) { _, _ in PipeSerializer() })
        return registry
    }
}
