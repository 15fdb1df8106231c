import Phoenix
import PhoenixTestServer
import Synchronization

/// The server in the storm, and what goes wrong with it.
final class Weather: Sendable {
    private let connected = Mutex<UInt64>(0)

    /// How many connections there were.
    var connections: UInt64 { connected.withLock { $0 } }

    func server() async throws -> PhoenixTestServer {
        var site = Site()
        site.socket("/socket") { socket in
            // Short windows, so that abandoned polls end soon.
            socket.longPoll = LongPollOptions(window: .milliseconds(300), sessionTimeout: .seconds(10))
            socket.onConnect { [self] request in
                connected.withLock { $0 += 1 }
                return .accept(id: request.parameters["name"]?.string)
            }
            socket.channel("room:*") { channel in
                channel.on("count") { _, message in
                    let answer = EventOutcome.reply("ok", message.payload)
                    // One in fifty is slow.
                    return (message.payload["n"]?.integer ?? 0) % 50 == 0
                        ? .blocking(for: .milliseconds(400), then: answer) : answer
                }
                channel.on("crash") { _, _ in .crash }
            }
        }
        var configuration = PhoenixTestServer.Configuration()
        configuration.journal = Journal.Limits(entries: 10_000_000, bytes: 4_000_000_000)
        return try await PhoenixTestServer.start(configuration, site: site)
    }

    /// Numbered broadcasts to all topics.
    func broadcast(to topics: [String], on server: PhoenixTestServer, until isOver: Flag) async {
        var number: Int64 = 0
        while !isOver.isRaised {
            number += 1
            for topic in topics {
                try? await server.broadcast(topic: topic, event: "tick", payload: ["n": .signed(number)])
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Does harm, one thing after the other.
    func rage(over topics: [String], on server: PhoenixTestServer, seed: UInt64, until isOver: Flag) async {
        var generator = SplitMix(state: seed)
        while !isOver.isRaised {
            switch Int.random(in: 0..<14, using: &generator) {
            case 0: await server.cut()
            case 1...3:
                let last = max(connections, 1)
                await server.cut(connection: UInt64.random(in: (last > 12 ? last - 12 : 1)...last, using: &generator))
            case 4: await server.drain()
            case 5: await server.disconnect(socketID: "client\(Int.random(in: 0..<8, using: &generator))")
            case 6: await server.inject(.delay(.reply(), by: .milliseconds(300), times: 20))
            case 7: await server.inject(.ignore(MessageMatch(event: "count"), times: 5))
            case 8: await server.inject(.refuseUpgrade(with: .errorPage(status: 502), times: 6))
            case 9: await server.inject(.cut(after: .milliseconds(150), times: 3))
            case 10: await server.inject(.neverAnswerUpgrade(times: 1))
            case 11: await server.inject(.delayAnswer(.post, by: .milliseconds(200), times: 3))
            case 12: await server.inject(.reset(.poll, times: 2))
            default: await server.inject(.ignore(.join(), times: 3))
            }
            try? await Task.sleep(for: .milliseconds(Int.random(in: 100...500, using: &generator)))
        }
    }
}
