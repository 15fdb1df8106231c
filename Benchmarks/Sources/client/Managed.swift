#if Network
internal import PhoenixJSON
internal import PhoenixKit
internal import PhoenixWebSocket
internal import Synchronization

/// The same work through the managed layer: callbacks on the driver, or an async sequence.
enum Managed {
    private struct Tally {
        var wanted = 0
        var seen = 0
        var sum: Int64 = 0
    }

    static func run(_ arguments: ArraySlice<String>) async throws {
        guard arguments.count == 4, let port = arguments.first, let isSequence = arguments.dropFirst().first,
            let count = Int(arguments[arguments.startIndex + 2])
        else { throw Misuse(text: "Expected PORT callbacks|sequence COUNT SIZE.") }
        var registry = PluginRegistry.empty
        registry.register(TransportPlugin.webSocket)
        registry.register(SerializerPlugin.json)
        let socket = try PhoenixSocket("ws://127.0.0.1:\(port)/socket/websocket", registry: registry)
        let channel = socket.channel("blast:0")
        let probe = Probe()
        let tally = Mutex(Tally())
        let take: @Sendable (Message) -> Void = { message in
            let sum = tally.withLock { tally -> Int64? in
                tally.seen += 1
                guard tally.seen < tally.wanted else { return tally.sum }
                tally.sum &+= message.payload["i"]?.integer ?? 0
                return nil
            }
            if let sum { probe.done(sum: sum) }
        }
        let buffer = EventBuffer(limit: 10_000_000)
        if isSequence == "sequence" {
            let messages = channel.messages(buffer: buffer)
            Task { for await message in messages { take(message) } }
        } else {
            channel.onMessage(take)
        }
        socket.connect()
        _ = try await channel.join().reply
        var before = Mark.now
        for wanted in [max(1, count / 10), count] {
            tally.withLock { $0 = Tally(wanted: wanted + 1) }
            before = Mark.now
            try channel.push("blast", ["count": Value(wanted), "size": 64, "topics": 1])
            try await probe.wait(for: 1)
        }
        probe.report(messages: count, from: before, to: Mark.now)
        socket.stop()
    }
}
#endif
