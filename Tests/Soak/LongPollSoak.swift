import Foundation
import Phoenix
import Synchronization

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Shows that long polling over URLSession neither traps nor hangs nor leaves anything behind: after 10,000 echoes, 1,000 reconnects
/// and 10,000 connections that end at random moments of their requests the process holds what it held before, but for what
/// URLSession itself keeps of every request.
final class LongPollSoak: Sendable {
    private static let echoes = 10_000
    private static let reconnects = 1_000
    private static let closes = 10_000
    /// How many of these are open at a time.
    private static let width = 8
    /// By how many bytes a request of ours may differ from a bare one in what remains of it.
    private static let tolerance = 60

    private let socket: String
    private let health: String
    private let engine = URLSessionEngine(capacity: 40)
    private let requests = Mutex(0)
    private let mostAbandoned = Mutex(0)

    init(port: String) {
        socket = "http://127.0.0.1:\(port)/brief"
        health = "http://127.0.0.1:\(port)/health"
    }

    /// Plays all parts and says what is not as it should be.
    func run() async throws -> [String] {
        await DispatchCache.fill()
        let watch = Task { [self] in
            while !Task.isCancelled {
                noteAbandoned()
                try? await Task.sleep(for: .milliseconds(1))
            }
        }
        defer { watch.cancel() }
        print("part  seconds  requests  descriptors  threads  live malloc bytes")
        try await play("warming up") { try await warmUp() }
        let bare = try await playBare()
        let before = Footprint.now()
        let requestsBefore = requests.withLock { $0 }
        let costOfEcho = try await play("echoes") { try await echo(Self.echoes) } / Double(Self.echoes)
        try await play("reconnects") { try await reconnect(Self.reconnects) }
        try await play("closes at random moments") { try await close(Self.closes) }
        let after = try await settled(at: before)
        let requests = requests.withLock { $0 } - requestsBefore
        let most = mostAbandoned.withLock { $0 }

        print("CPU of an echo: \(Int(costOfEcho)) µs; of two bare requests of URLSession: \(Int(bare.cost * 2)) µs")
        print("connections that had ended and left a request behind: \(most) at most, of \(engine.capacity) allowed")
        let bytes = (after.liveBytes - before.liveBytes) / max(requests, 1)
        print("live malloc bytes: \(bytes) more a request; with bare requests \(bare.bytes)")
        var failures: [String] = []
        if after.descriptors > before.descriptors { failures.append("descriptors, \(after.descriptors)") }
        // The system's pools start a thread when one more thing happens at once, and let it go when they please: one for each connection
        // that was open at a time, and for each core. One left behind by every thousand connections would be more.
        let pools = before.threads + Self.width + ProcessInfo.processInfo.activeProcessorCount
        print("threads: \(after.threads), of \(pools) that pools may have")
        if after.threads > pools { failures.append("threads, \(after.threads)") }
        // Less than one object on the heap for each connection or request of ours.
        if bytes > bare.bytes + Self.tolerance { failures.append("live malloc bytes, \(bytes) more a request") }
        if most > engine.capacity { failures.append("requests left behind, \(most)") }
        return failures
    }

    /// What the process holds as soon as it is no more than `before`, or after 15 s.
    ///
    /// Sockets close, and threads that have nothing to do any more end, beside us.
    private func settled(at before: Footprint) async throws -> Footprint {
        var footprint = Footprint.now()
        for _ in 0..<150 where footprint.threads > before.threads || footprint.descriptors > before.descriptors {
            try await Task.sleep(for: .milliseconds(100))
            footprint = Footprint.now()
        }
        return footprint
    }

    // MARK: Parts

    private func warmUp() async throws {
        try await echo(500)
        try await reconnect(50)
        try await close(500)
    }

    /// One connection, one push after the other, each answered before the next.
    private func echo(_ count: Int) async throws {
        try await withConnection { connection in
            try await connection.outbound.write([.text(#"["1","1","room:a","phx_join",{}]"#)])
            for number in 0...count {
                let event = try await connection.inbound.next()
                guard case .frames(let batch)? = event, batch.frames.count == 1 else {
                    throw PhoenixError(.transportProtocol, "Expected one reply, got \(String(describing: event)).")
                }
                if number < count {
                    try await connection.outbound.write([.text(#"["1","\#(number)","room:a","echo",{"n":1}]"#)])
                }
            }
        }
        requests.withLock { $0 += 2 * count + 3 }
    }

    /// The same client's life again and again: connect, join, push, leave, disconnect.
    private func reconnect(_ count: Int) async throws {
        var registry = PluginRegistry.standard
        registry.register(TransportPlugin.longPoll(engine: engine))
        for _ in 0..<count {
            let client = SocketClient(
                Rounder(url: socket + "/longpoll", ballast: Rounder.Ballast()),
                registry: registry,
                options: ["proxy": "none"]
            )
            try await client.run()
        }
        requests.withLock { $0 += 8 * count }
    }

    /// Connections that end somewhere in the middle, so many at a time.
    private func close(_ count: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.width {
                group.addTask { [self] in
                    for _ in 0..<count / Self.width { try await closeSomewhere() }
                }
            }
            try await group.waitForAll()
        }
        requests.withLock { $0 += 3 * count }
    }

    private func closeSomewhere() async throws {
        let moment = Duration.microseconds(Int.random(in: 0...6_000))
        let kind = Int.random(in: 0..<4)
        let life = Task { [self] in
            try await withConnection { connection in
                if kind > 0 {
                    try await connection.outbound.write([.text(#"["1","1","room:a","phx_join",{}]"#)])
                }
                let reader = Task { while try await connection.inbound.next() != nil {} }
                if kind == 3 {
                    // Until cancelled from outside.
                    try? await Task.sleep(for: .seconds(60))
                } else {
                    try? await Task.sleep(for: moment)
                }
                if kind == 2 { await connection.outbound.close(code: 1000, reason: "") }
                reader.cancel()
                _ = await reader.result
            }
        }
        if kind == 3 {
            try? await Task.sleep(for: moment)
            life.cancel()
            _ = await life.result
        } else {
            try await life.value
        }
    }

    /// What URLSession costs by itself: GETs and POSTs one after the other, a thousand a session.
    private func playBare() async throws -> (cost: Double, bytes: Int) {
        let (sessions, each) = (5, 1_000)
        // As long as a URL with a session's token: on Linux URLSession keeps the URL of every request for ever.
        guard let url = URL(string: health + "?pad=" + String(repeating: "x", count: 90)) else { return (0, 0) }
        let before = Footprint.now()
        let cost = try await play("bare requests of URLSession") {
            for _ in 0..<sessions {
                let session = URLSession(configuration: .ephemeral)
                for number in 0..<each {
                    var request = URLRequest(url: url)
                    if number.isMultiple(of: 2) {
                        request.httpMethod = "POST"
                        request.httpBody = Data("[1]".utf8)
                    }
                    let sent = request
                    await withCheckedContinuation { continuation in
                        session.dataTask(with: sent) { _, _, _ in continuation.resume() }.resume()
                    }
                }
                session.finishTasksAndInvalidate()
            }
        }
        let count = sessions * each
        return (cost / Double(count), (Footprint.now().liveBytes - before.liveBytes) / count)
    }

    // MARK: Measuring

    private func withConnection(_ body: (Connection) async throws -> Void) async throws {
        let request = ConnectionRequest(
            url: try Endpoint(socket + "/longpoll?vsn=2.0.0"),
            serializer: SerializerCapabilities(emits: [.text], accepts: [.text], isLineBatchable: true),
            proxy: .none,
            deadlines: ConnectionDeadlines(connect: .seconds(60))
        )
        try await LongPollTransport(engine: engine).withConnection(request, body)
    }

    /// Plays a part and waits until nothing of it is left; returns its CPU time in microseconds.
    @discardableResult
    private func play(_ name: String, _ part: () async throws -> Void) async throws -> Double {
        let (clock, start) = (ContinuousClock(), ContinuousClock.now)
        let cost: Double
        do {
            cost = try await cpu(part)
        } catch {
            throw PhoenixError(.transportDown, "Expected \(name) to go through, got: \(error)", cause: error)
        }
        let patience = clock.now + .seconds(60)
        while engine.abandonedCount > 0 {
            guard clock.now < patience else {
                throw PhoenixError(
                    .timeout,
                    "Expected the polls that \(name) abandoned to end within 60 s, but \(engine.abandonedCount) are left."
                )
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        // Sockets close, and threads that have nothing to do any more end, beside us.
        try await Task.sleep(for: .milliseconds(500))
        let footprint = Footprint.now()
        let seconds = (clock.now - start).components.seconds
        print(
            "\(name)  \(seconds)  \(requests.withLock { $0 })  \(footprint.descriptors)  \(footprint.threads)  "
                + "\(footprint.liveBytes)"
        )
        return cost
    }

    private func cpu(_ part: () async throws -> Void) async throws -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
            return Double(time.tv_sec) * 1_000_000 + Double(time.tv_nsec) / 1_000
        }
        let start = now()
        try await part()
        return now() - start
    }

    private func noteAbandoned() {
        let count = engine.abandonedCount
        mostAbandoned.withLock { $0 = max($0, count) }
    }
}
