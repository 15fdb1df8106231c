import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// How a fallback finds its way back, and what it remembers.
@Suite("The way back of a fallback")
struct FallbackProbeTests {
    @Test("a proven lower transport leads to a probe of the better one after a while, and one at a time")
    func due() throws {
        var bench = try FallbackBench()
        #expect(bench.fallback.nextProbe == nil)
        bench.fall()
        #expect(bench.fallback.nextProbe == bench.now + .seconds(120))
        bench.clock.advance(by: .seconds(119))
        #expect(bench.probe() == nil)
        bench.clock.advance(by: .seconds(1))
        #expect(bench.probe()?.endpoint.lastPathComponent == "websocket")
        #expect(bench.probe() == nil, "one is running")
        #expect(bench.fallback.nextProbe == nil)
    }

    @Test("probes that fail come less and less often")
    func failing() throws {
        var bench = try FallbackBench()
        bench.fall()
        for minutes in [2, 4, 8, 16, 30, 30] {
            let due = try #require(bench.fallback.nextProbe)
            #expect(due == bench.now + .seconds(60 * minutes))
            bench.clock.advance(by: due - bench.now)
            #expect(bench.probe() != nil)
            let decision = bench.probed(.failed(.refused(502)))
            #expect(decision.step == .stay && decision.target == bench.fallback.target)
            #expect(decision.explanation.contains("502"))
        }
    }

    @Test("a probe that succeeds leads to the move, and the better transport is in use from the new connection on")
    func success() throws {
        var bench = try FallbackBench()
        bench.fall()
        bench.clock.advance(by: .seconds(120))
        _ = bench.probe()
        let decision = bench.probed(.proven(roundTrip: .milliseconds(20)))
        #expect(decision.brief == "move websocket 0.0 seconds")
        #expect(bench.fallback.transport == "longpoll", "until the old connection is over")
        #expect(bench.prove() == "longpoll: another answer came.", "on the old connection")
        #expect(bench.end(.replaced).brief == "move websocket 0.0 seconds")
        bench.connect()
        #expect(bench.fallback.transport == "websocket")
        #expect(bench.prove() == "websocket: proved itself; that another was better once is forgotten.")
        #expect(bench.fallback.nextProbe == nil)
    }

    @Test("a move whose new connection fails leads back, and the next probe comes later")
    func failedMove() throws {
        var bench = try FallbackBench()
        bench.fall()
        bench.clock.advance(by: .seconds(120))
        _ = bench.probe()
        _ = bench.probed(.proven(roundTrip: .zero))
        _ = bench.end(.replaced)
        #expect(bench.end(.refused(502)).brief == "fallBack longpoll 0.0 seconds")
        bench.connect()
        bench.prove()
        #expect(bench.fallback.nextProbe == bench.now + .seconds(240))
    }

    @Test("a better transport that lasts lets probes begin anew; one that only answered does not")
    func lasting() throws {
        var bench = try FallbackBench { $0.deathsInARow = 1 }
        for (life, wait) in [(Duration.seconds(1), Duration.seconds(240)), (.seconds(60), .seconds(120))] {
            bench.fall()
            bench.clock.advance(by: .seconds(1_000))
            _ = bench.probe()
            _ = bench.probed(.proven(roundTrip: .zero))
            _ = bench.end(.replaced)
            bench.connect()
            bench.prove()
            bench.clock.advance(by: life)
            _ = bench.end(.cut)
            bench.fall()
            #expect(bench.fallback.nextProbe == bench.now + wait)
            bench = try FallbackBench { $0.deathsInARow = 1 }
        }
    }

    @Test("a probe that succeeds while there is no connection leads to the better transport as well")
    func disconnected() throws {
        var bench = try FallbackBench()
        bench.fall()
        bench.clock.advance(by: .seconds(120))
        _ = bench.probe()
        _ = bench.end(.cut)
        #expect(bench.probed(.proven(roundTrip: .zero)).step == .move)
        bench.connect()
        #expect(bench.fallback.transport == "websocket")
    }

    @Test("without a proven connection there is nothing to be better than: no probe")
    func unproven() throws {
        var bench = try FallbackBench()
        bench.fall()
        bench.clock.advance(by: .seconds(119))
        _ = bench.end(.cut)
        bench.connect()
        bench.clock.advance(by: .seconds(1))
        #expect(bench.probe() == nil)
        bench.prove()
        #expect(bench.probe() != nil, "it was due already")
    }

    @Test("an outcome that nobody waits for any more changes nothing")
    func late() throws {
        var bench = try FallbackBench()
        #expect(bench.probed(.proven(roundTrip: .zero)).step == .stay, "none was running")
        bench.fall()
        bench.clock.advance(by: .seconds(120))
        _ = bench.probe()
        _ = bench.end(.failed(.unreachable, in: nil))
        _ = bench.end(.failed(.unreachable, in: nil))
        #expect(bench.fallback.transport == "websocket")
        #expect(bench.probed(.proven(roundTrip: .zero)).step == .stay, "it is in use already")
    }

    @Test("of several better ones each gets its turn, the best first")
    func turns() throws {
        var bench = try FallbackBench([
            "wss://a.test/socket/websocket", "wss://b.test/socket/websocket", "https://a.test/socket/longpoll",
        ])
        bench.fall()
        var hosts: [String] = []
        for _ in 0..<4 {
            bench.clock.advance(by: .seconds(1_800))
            hosts.append(bench.probe()?.endpoint.host ?? "-")
            _ = bench.probed(.failed(.refused(502)))
        }
        #expect(hosts == ["a.test", "b.test", "a.test", "b.test"])
    }

    // MARK: Memory

    @Test("what worked is remembered: the next fallback begins with it, and probes")
    func memory() throws {
        var bench = try FallbackBench()
        bench.fall()
        bench.clock.advance(by: .seconds(720))
        var next = bench.successor()
        let decision = next.start()
        #expect(decision.brief == "begin longpoll 0.0 seconds")
        #expect(decision.explanation == "longpoll: worked 12 min ago, when websocket did not; beginning with it.")
        next.connected(at: bench.now)
        #expect(
            next.proven(at: bench.now).explanation == "longpoll: proved itself.",
            "its age stays that of the failure"
        )
        #expect(next.nextProbe != nil)
        #expect(bench.store.recall("wss://server.test:443/socket")?.age == .seconds(720))
    }

    @Test("memory has an age: what is too old, or from the future, is not believed")
    func age() throws {
        var bench = try FallbackBench()
        bench.fall()
        bench.clock.advance(by: .seconds(86_401))
        var next = bench.successor()
        #expect(next.start().brief == "begin websocket 0.0 seconds")
        // It falls again: the memory is refreshed.
        _ = next.disconnected(.refused(502), at: bench.now)
        next.connected(at: bench.now)
        #expect(next.proven(at: bench.now).explanation == "longpoll: proved itself, and is remembered.")
        #expect(bench.store.recall("wss://server.test:443/socket")?.age == .zero)
        var wary = Fallback(bench.fallback.candidates[0], [bench.fallback.candidates[1]], store: Prophet())
        #expect(wary.start().step == .begin && wary.transport == "websocket")
    }

    @Test("the best transport proving itself is what makes it forget; opening is not enough")
    func forgetting() throws {
        var bench = try FallbackBench()
        bench.fall()
        #expect(bench.store.recall("wss://server.test:443/socket")?.choice == "longpoll")
        _ = bench.end(.failed(.unreachable, in: nil))
        #expect(bench.fallback.transport == "longpoll")
        _ = bench.end(.failed(.unreachable, in: nil))
        bench.connect()
        #expect(bench.store.recall("wss://server.test:443/socket") != nil)
        bench.prove()
        #expect(bench.store.recall("wss://server.test:443/socket") == nil)
    }

    @Test("a lower transport that opened and proved nothing is not remembered")
    func unprovenIsNotRemembered() throws {
        var bench = try FallbackBench()
        _ = bench.end(.refused(502))
        bench.connect()
        _ = bench.end(.cut)
        #expect(bench.store.recall("wss://server.test:443/socket") == nil)
    }

    @Test("a store that fails is mentioned, and changes nothing else")
    func brokenStore() throws {
        let targets = try FallbackBench().fallback.candidates
        var fallback = Fallback(targets[0], [targets[1]], store: BrokenStore(), seed: 1)
        let begin = fallback.start()
        #expect(begin.step == .begin && begin.explanation.hasSuffix("The store could not be read."))
        let now = Timestamp(nanoseconds: 0)
        #expect(fallback.disconnected(.refused(502), at: now).step == .fallBack)
        fallback.connected(at: now)
        #expect(fallback.proven(at: now).explanation == "longpoll: proved itself; the store could not be written.")
    }
}

private struct BrokenStore: FallbackStore {
    func recall(_ place: String) throws -> FallbackMemory? { throw PhoenixError(.decoding, "Broken.") }
    func remember(_ choice: String, at place: String) throws { throw PhoenixError(.encoding, "Broken.") }
    func forget(_ place: String) throws { throw PhoenixError(.encoding, "Broken.") }
}

/// Remembers what has not happened yet.
private struct Prophet: FallbackStore {
    func recall(_ place: String) -> FallbackMemory? { FallbackMemory(choice: "longpoll", age: .seconds(-1)) }
    func remember(_ choice: String, at place: String) {}
    func forget(_ place: String) {}
}
