import Foundation
import Phoenix
import PhoenixTestServer

/// Shows that sockets and channels come through a storm with nothing lost, nothing doubled and nothing left behind: 200 channels on eight
/// sockets over real connections, 30 seconds of cuts, drains, crashes, slow answers and proxies that refuse upgrades.
///
/// Afterwards all channels are joined again, every push has ended once, the server's journal agrees with the account of the clients, and
/// the process holds what it held after a short storm before.
struct Storm {
    private static let socketCount = 8
    private static let roomsPerSocket = 25
    /// What URLSession keeps of each request, in bytes: `scripts/soak longpoll` measures 180 to 260 for bare ones.
    private static let remains = 300
    /// How long all has to come right after the storm, in tenths of a second.
    private static let patience = 600

    let seconds: Int
    let seed: UInt64

    /// Plays a short storm and the long one, and says what is not as it should be.
    func run() async throws -> [String] {
        print("PHOENIX_SEED=\(seed)")
        await DispatchCache.fill()
        var generator = SplitMix(state: seed)
        print(
            "storm  seconds  connections  pushes  answered  broadcasts  rejoins  descriptors  threads  live malloc bytes"
        )
        var failures = try await play("short", 3, &generator).failures
        let before = await settled(at: nil)
        let (pushes, requests, more) = try await play("long", seconds, &generator)
        failures += more
        let after = await settled(at: before)
        if after.descriptors > before.descriptors { failures.append("descriptors, \(after.descriptors)") }
        // The system's pools keep a thread for each thing that was going on at once, and let it go when they please.
        let pools = before.threads + Self.socketCount + ProcessInfo.processInfo.activeProcessorCount
        if after.threads > pools { failures.append("threads, \(after.threads)") }
        // No object on the heap is smaller than 32 bytes: one left behind by each push would show.
        let bytes = after.liveBytes - before.liveBytes
        print(
            "live malloc bytes: \(bytes) more than after the short storm, for \(pushes) pushes and \(requests) requests"
        )
        if bytes > 24 * pushes + Self.remains * requests { failures.append("live malloc bytes, \(bytes) more") }
        return failures
    }

    /// What the process holds when polls that were abandoned have ended, and sockets have closed beside us.
    private func settled(at before: Footprint?) async -> Footprint {
        var footprint = Footprint.now()
        for _ in 0..<300 {
            let isQuiet = URLSessionEngine.shared.abandonedCount == 0
            let isSmall =
                before.map { footprint.threads <= $0.threads && footprint.descriptors <= $0.descriptors } ?? isQuiet
            if isQuiet, isSmall { break }
            try? await Task.sleep(for: .milliseconds(100))
            footprint = Footprint.now()
        }
        return footprint
    }

    // MARK: One storm

    private func play(
        _ name: String,
        _ seconds: Int,
        _ generator: inout SplitMix
    ) async throws -> (pushes: Int, requests: Int, failures: [String]) {
        let weather = Weather()
        let server = try await weather.server()
        var sockets: [PhoenixSocket] = []
        var rooms: [StormRoom] = []
        for number in 0..<Self.socketCount {
            let socket = try Self.socket(number, at: server, seed: generator.next())
            for room in 0..<Self.roomsPerSocket {
                rooms.append(StormRoom(number * Self.roomsPerSocket + room, on: socket))
            }
            sockets.append(socket)
            socket.connect()
        }
        let topics = rooms.map(\.topic)
        let account = StormAccount()
        for room in rooms { try room.join(account) }

        let isOver = Flag()
        let chaos = generator.next()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await weather.broadcast(to: topics, on: server, until: isOver) }
            group.addTask { await weather.rage(over: topics, on: server, seed: chaos, until: isOver) }
            for room in rooms {
                let seed = generator.next()
                group.addTask { await room.push(account, seed: seed, until: isOver) }
            }
            try? await Task.sleep(for: .seconds(seconds))
            isOver.raise()
        }
        await server.removeAllFaults()
        var failures = await comesRight(rooms, account)
        for room in rooms where failures.isEmpty { failures += await room.echo(account) }
        failures += account.compare(with: server.journal) + rooms.flatMap(\.violations)
        let (pushes, answered) = account.totals
        let requests = server.journal.entries.count { $0.kind == .requested }
        let (heard, joins) = (rooms.reduce(0) { $0 + $1.heard }, rooms.reduce(0) { $0 + $1.joins })

        let witnesses = sockets.map { Soak.Witness(client: $0, ballast: nil) }
        for socket in sockets {
            socket.stop()
            for await state in socket.states where state.kind == .stopped { break }
        }
        sockets = []
        rooms = []
        await server.stop()
        for _ in 0..<100 where witnesses.contains(where: { $0.isAlive }) {
            try? await Task.sleep(for: .milliseconds(20))
        }
        let alive = witnesses.count { $0.isAlive }
        if alive > 0 { failures.append("\(alive) sockets live on") }
        let footprint = await settled(at: nil)
        print(
            "\(name)  \(seconds)  \(weather.connections)  \(pushes)  \(answered)  \(heard)  \(joins - topics.count)  "
                + "\(footprint.descriptors)  \(footprint.threads)  \(footprint.liveBytes)"
        )
        return (pushes, requests, failures)
    }

    /// Waits until every channel is joined and every push has ended.
    private func comesRight(_ rooms: [StormRoom], _ account: StormAccount) async -> [String] {
        for _ in 0..<Self.patience {
            if rooms.allSatisfy({ $0.channel.state == .joined }), account.openCount == 0 { return [] }
            try? await Task.sleep(for: .milliseconds(100))
        }
        let stuck = rooms.filter { $0.channel.state != .joined }.map { "\($0.topic) is \($0.channel.state)" }
        return stuck.prefix(3) + ["\(stuck.count) channels are not joined, \(account.openCount) pushes have not ended"]
    }

    private static func socket(_ number: Int, at server: PhoenixTestServer, seed: UInt64) throws -> PhoenixSocket {
        var settings = PhoenixSocket.Settings()
        let patience = Duration.seconds(2)
        (settings.client.joinTimeout, settings.client.pushTimeout) = (patience, patience)
        (settings.client.deadlines.connect, settings.client.deadlines.upgrade) = (patience, patience)
        settings.client.deadlines.close = .seconds(1)
        settings.client.proxy = .none
        settings.fallback.backoff = Backoff(first: .milliseconds(50), longest: .milliseconds(500))
        settings.fallback.probes = Backoff(first: .milliseconds(300), longest: .seconds(1))
        settings.fallbackStore = InMemoryFallbackStore()
        settings.rejoin = Backoff(first: .milliseconds(50), longest: .milliseconds(500))
        settings.restartSpread = .milliseconds(300)
        settings.seed = seed
        let target = try ConnectionTarget(server.url("/socket/websocket"), ["name": .string("client\(number)")])
        return try PhoenixSocket(target, over: ["websocket", "longpoll"], registry: .standard, settings: settings)
    }
}
