import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// What holds whatever happens, in whatever order.
@Suite("Fallback, whatever happens", .timeLimit(.minutes(1)))
struct FallbackPropertyTests {
    /// What becomes of an attempt to connect.
    private enum Fate {
        case refused(DisconnectReason)
        case dies
        case lives

        static func chaos(_ generator: inout SeededGenerator) -> Fate {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0:
                .refused(.refused([200, 302, 400, 407, 426, 501, 502, 504].randomElement(using: &generator) ?? 502))
            case 1: .refused(.refused([401, 403, 429, 500, 503].randomElement(using: &generator) ?? 503))
            case 2: .refused(.failed(.unreachable, in: .connect))
            case 3: .refused(.failed(.timeout, in: .upgrade))
            case 4: .refused(.failed(.tls, in: .tls))
            case 5: .refused(.abandoned)
            case 6, 7: .dies
            default: .lives
            }
        }
    }

    /// Plays a client at invented times: what a handler that returns the decisions would do.
    private struct Player {
        var fallback: Fallback
        var now = Timestamp(nanoseconds: 0)
        var target: ConnectionTarget
        /// When each attempt began.
        var attempts: [Timestamp] = []
        var probesRunning = 0
        var lines: [String] = []

        init(_ fallback: Fallback) {
            self.fallback = fallback
            target = self.fallback.start().target
        }

        mutating func follow(_ decision: Fallback.Decision) {
            target = decision.target
            now = now + decision.delay
            lines.append(decision.explanation)
        }

        mutating func attempt(_ fate: Fate, _ generator: inout SeededGenerator) {
            attempts.append(now)
            switch fate {
            case .refused(let reason): follow(fallback.disconnected(reason, at: now))
            case .dies:
                fallback.connected(at: now)
                now = now + .milliseconds(Int.random(in: 0...3_000, using: &generator))
                follow(fallback.disconnected(Bool.random(using: &generator) ? .cut : .closed(1000), at: now))
            case .lives:
                fallback.connected(at: now)
                fallback.proven(at: now)
                now = now + .milliseconds(Int.random(in: 0...600_000, using: &generator))
                if let moved = probe(&generator) { return follow(moved) }
                follow(fallback.disconnected(.cut, at: now))
            }
        }

        /// Probes, should it be time, and answers at random.
        mutating func probe(_ generator: inout SeededGenerator) -> Fallback.Decision? {
            guard let target = fallback.probeDue(at: now) else { return nil }
            #expect(target != fallback.target)
            #expect(fallback.probeDue(at: now) == nil && fallback.nextProbe == nil, "one at a time")
            let outcome: ProbeOutcome =
                Bool.random(using: &generator) ? .proven(roundTrip: .zero) : .failed(.refused(502))
            let decision = fallback.probed(outcome, at: now)
            guard decision.step == .move else {
                #expect(decision.step == .stay && fallback.nextProbe.map { $0 > now } != false)
                return nil
            }
            return fallback.disconnected(.replaced, at: now)
        }
    }

    private func candidates(_ count: Int) throws -> [ConnectionTarget] {
        try (0..<count).map {
            try ConnectionTarget("wss://h\($0 / 2).test/socket/\($0 % 2 == 0 ? "websocket" : "longpoll")")
        }
    }

    private func fallback(_ targets: [ConnectionTarget], seed: UInt64) -> Fallback {
        Fallback(targets[0], Array(targets.dropFirst()), store: InMemoryFallbackStore(), seed: seed)
    }

    @Test("as soon as any one transport works for good, a client is connected after a bounded number of tries")
    func fairServer() async throws {
        var generator = SeededGenerator.announced("fair servers")
        for round in 0..<300 {
            // Others want to run as well.
            await Task.yield()
            let targets = try candidates(Int.random(in: 1...4, using: &generator))
            var player = Player(fallback(targets, seed: UInt64(round)))
            for _ in 0..<Int.random(in: 0...30, using: &generator) {
                player.attempt(Fate.chaos(&generator), &generator)
            }
            // From now on a middlebox answers all but one.
            let good = targets.randomElement(using: &generator) ?? targets[0]
            let begun = player.attempts.count
            while player.target != good, player.attempts.count < begun + 40 {
                player.attempt(
                    [.refused(.refused(502)), .refused(.failed(.upgradeInvalid, in: nil)), .dies].randomElement(
                        using: &generator
                    ) ?? .dies,
                    &generator
                )
            }
            #expect(player.target == good, "\(player.lines.suffix(45).joined(separator: "\n"))")
        }
    }

    @Test("as soon as all work, a client is connected at its next try, and comes back to the best")
    func allGood() async throws {
        var generator = SeededGenerator.announced("all good")
        for round in 0..<300 {
            // Others want to run as well.
            await Task.yield()
            let targets = try candidates(Int.random(in: 2...4, using: &generator))
            var player = Player(fallback(targets, seed: UInt64(round)))
            for _ in 0..<Int.random(in: 0...30, using: &generator) {
                player.attempt(Fate.chaos(&generator), &generator)
            }
            player.fallback.connected(at: player.now)
            player.fallback.proven(at: player.now)
            var probes = 0
            while let due = player.fallback.nextProbe, probes < 4 {
                player.now = max(player.now, due)
                #expect(player.fallback.probeDue(at: player.now) != nil)
                probes += 1
                let decision = player.fallback.probed(.proven(roundTrip: .zero), at: player.now)
                #expect(decision.step == .move)
                player.follow(player.fallback.disconnected(.replaced, at: player.now))
                player.fallback.connected(at: player.now)
                player.fallback.proven(at: player.now)
            }
            #expect(player.fallback.target == targets[0])
        }
    }

    @Test("there is no tight loop: tries per time are bounded, however the world misbehaves")
    func noTightLoop() async throws {
        var generator = SeededGenerator.announced("no tight loop")
        for round in 0..<80 {
            // Others want to run as well.
            await Task.yield()
            let targets = try candidates(Int.random(in: 1...4, using: &generator))
            var player = Player(fallback(targets, seed: UInt64(round)))
            // The worst worlds do always the same; others mix.
            let fixed = Bool.random(using: &generator) ? Fate.chaos(&generator) : nil
            for _ in 0..<200 {
                var fate = fixed ?? Fate.chaos(&generator)
                if case .lives = fate, round % 2 == 0 { fate = .dies }
                player.attempt(fate, &generator)
            }
            // Each candidate at most once for nothing, then at least half a second; and a little for those just below a moment.
            for (index, moment) in player.attempts.enumerated() {
                let later = player.attempts[index...].prefix { $0 - moment < .milliseconds(500) }
                #expect(later.count <= 2 * targets.count + 1, "\(player.lines.suffix(20).joined(separator: "\n"))")
            }
            if round % 2 == 0 {
                // Nothing ever proved itself: waits grow to their bound.
                let span = (player.attempts.last ?? player.now) - player.attempts[100]
                #expect(span >= .seconds(15) * (100 / (targets.count + 1) - 1))
            }
        }
    }

    @Test("the same seed and the same events lead to the same decisions")
    func repeatable() throws {
        let targets = try candidates(3)
        let lines = (0..<2).map { _ in
            var generator = SeededGenerator(seed: 11)
            var player = Player(fallback(targets, seed: 5))
            for _ in 0..<200 { player.attempt(Fate.chaos(&generator), &generator) }
            return player.lines
        }
        #expect(lines[0] == lines[1])
    }
}
