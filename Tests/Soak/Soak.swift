import Foundation
import Phoenix
import PhoenixTestServer

/// Shows that a client leaves nothing behind: after a thousand rounds of connect, join, push, leave and disconnect the process
/// holds what it held after the first ten.
///
/// The server is another process, so that what is measured is the client's alone.
@main
struct Soak {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "serve" { return try await serve() }
        if try measureWithoutMallocCache() { return }
        if arguments.first == "storm" {
            let seconds = arguments.dropFirst().first.flatMap { Int($0) } ?? 30
            let seed = ProcessInfo.processInfo.environment["PHOENIX_SEED"].flatMap { UInt64($0) }
            report(try await Storm(seconds: seconds, seed: seed ?? .random(in: 0...(.max))).run())
        }
        let (server, port) = try startServer()
        defer { server.terminate() }
        let failures: [String]
        if arguments.first == "longpoll" {
            failures = try await LongPollSoak(port: port).run()
        } else {
            let rounds = arguments.first.flatMap { Int($0) } ?? 1_000
            failures = try await measure(rounds, "ws://127.0.0.1:\(port)/socket/websocket")
        }
        report(failures)
    }

    private static func report(_ failures: [String]) -> Never {
        for failure in failures { print("not as it should be: \(failure)") }
        print("\(failures.isEmpty ? 4 : max(4 - failures.count, 0)) passed, \(failures.count) failed")
        exit(failures.isEmpty ? 0 : 1)
    }

    /// Is the server, until the parent's end of the pipe closes.
    private static func serve() async throws {
        var site = Site.recorded
        site.socket("/brief") { socket in
            // Short windows, so that abandoned polls end soon; but sessions that outlive any pause of a busy machine, since one that
            // expires between two polls ends its connection with an error.
            socket.longPoll = LongPollOptions(window: .milliseconds(300), sessionTimeout: .seconds(10))
            socket.channel("room:*") { channel in
                channel.onAny { _, message in .reply("ok", message.payload) }
            }
        }
        let server = try await PhoenixTestServer.start(site: site)
        FileHandle.standardOutput.write(Data("\(server.port)\n".utf8))
        while readLine() != nil {}
        await server.stop()
    }

    /// Starts this program again without malloc's own cache, whose free blocks count as live, and waits for it.
    private static func measureWithoutMallocCache() throws -> Bool {
        guard ProcessInfo.processInfo.environment["GLIBC_TUNABLES"] == nil else { return false }
        let process = Process()
        process.executableURL = URL(filePath: CommandLine.arguments[0])
        process.arguments = Array(CommandLine.arguments.dropFirst())
        process.environment = ProcessInfo.processInfo.environment
            .merging(["GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"]) { _, new in new }
        try process.run()
        process.waitUntilExit()
        exit(process.terminationStatus)
    }

    private static func startServer() throws -> (Process, String) {
        let process = Process()
        process.executableURL = URL(filePath: CommandLine.arguments[0])
        process.arguments = ["serve"]
        let (output, input) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardInput = input
        try process.run()
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) {
            line += byte
        }
        return (process, String(decoding: line, as: UTF8.self))
    }

    private static func measure(_ rounds: Int, _ url: String) async throws -> [String] {
        await DispatchCache.fill()
        var witnesses: [Witness] = []
        witnesses.reserveCapacity(64)
        var first: Footprint?
        print("rounds  descriptors  threads  live malloc bytes")
        for round in 1...rounds {
            witnesses.append(try await play(url))
            // A weak reference to what is gone still holds a few bytes.
            witnesses.removeAll { !$0.isAlive }
            guard [10, 20, 50, 100].contains(round) || round % max(rounds / 5, 1) == 0 else { continue }
            let footprint = Footprint.now()
            first = first ?? footprint
            print("\(round)  \(footprint.descriptors)  \(footprint.threads)  \(footprint.liveBytes)")
        }
        // The last round's tasks unwind beside us.
        var patience = 1_000_000
        while patience > 0, witnesses.contains(where: { $0.isAlive }) {
            patience -= 1
            await Task.yield()
        }
        let last = Footprint.now()
        let alive = witnesses.count { $0.isAlive }
        print("alive after the last round: \(alive) of \(rounds) clients and handlers")
        guard let first else { return ["no measurement"] }
        var failures: [String] = []
        if last.descriptors > first.descriptors { failures.append("descriptors, \(last.descriptors)") }
        // The system's thread pools start their last thread when two things first happen at once, early or late.
        let pooled = ProcessInfo.processInfo.activeProcessorCount
        if last.threads > first.threads + pooled { failures.append("threads, \(last.threads)") }
        // No object on the heap is smaller than 32 bytes: one left behind a round would show.
        if last.liveBytes - first.liveBytes > 24 * rounds { failures.append("live malloc bytes, \(last.liveBytes)") }
        if alive > 0 { failures.append("clients and handlers, \(alive)") }
        return failures
    }

    /// One round.
    ///
    /// Its client and its handler must be gone soon after.
    static func play(_ url: String) async throws -> Witness {
        let ballast = Rounder.Ballast()
        let client = SocketClient(
            Rounder(url: url, ballast: ballast),
            registry: .standard,
            // Every message is compressed, so that a context left behind would show.
            options: ["proxy": "none", "compression": "permessage-deflate", "deflate.threshold": "0"]
        )
        let witness = Witness(client: client, ballast: ballast)
        try await client.run()
        return witness
    }

    struct Witness {
        weak var client: AnyObject?
        weak var ballast: AnyObject?

        var isAlive: Bool { client != nil || ballast != nil }
    }
}
