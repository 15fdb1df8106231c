internal import PhoenixKit
internal import PhoenixTestServer

extension Site {
    /// What the server in C serves, at `/socket`: `echo`, `take` without a reply, and `blast`, which sends ticks.
    static let blast = Site { site in
        site.socket("/socket") { socket in
            socket.compresses = true
            socket.idleTimeout = .never
            socket.channel("blast:*") { channel in
                channel.on("echo") { _, message in .reply("ok", message.payload) }
                channel.on("take") { _, _ in .noReply }
                channel.on("blast") { context, message in
                    let count = message.payload["count"]?.integer ?? 1
                    let ticks = ticks(of: Int(message.payload["size"]?.integer ?? 64))
                    context.after(.zero) { try blast($0, Int(count), ticks) }
                    return .reply("ok")
                }
            }
        }
    }

    /// Sends so many ticks, some at a time, and says when they are done.
    @Sendable
    private static func blast(_ context: ChannelContext, _ count: Int, _ ticks: [PayloadContent]) throws {
        for tick in ticks.prefix(count) { try context.push("tick", tick) }
        guard count > ticks.count else { return try context.push("done", [:]) }
        context.after(.zero) { try blast($0, count - ticks.count, ticks) }
    }

    private static let words = """
        the of and to in is you that it he was for on are as with his they at be this have from or one had by word but not what \
        all were we when your can said there use an each which she do how their if will up other about out many then them these
        """.split(separator: " ")

    /// Ticks of `size` bytes of words, of which more than a window of compression holds are different.
    private static func ticks(of size: Int) -> [PayloadContent] {
        var state: UInt64 = 1
        return (0..<512).map { index in
            var pad = ""
            while pad.utf8.count < size - 20 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                pad += words[Int(state >> 33) % words.count] + " "
            }
            return ["i": Value(1_000_000 + index), "pad": .string(String(pad.prefix(size - 20)))]
        }
    }
}
