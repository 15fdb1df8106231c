import Testing

@testable import PhoenixKit

/// Random lives of a socket, of which every one must keep the rules of `KeeperModel`.
@Suite("The managed layer, by chance", .timeLimit(.minutes(5)))
struct KeeperModelTests {
    static let lives = 2_000
    static let steps = 60

    @Test("100,000 steps of users, servers, networks and clocks break no rule")
    func randomLives() {
        var generator = SeededGenerator.announced()
        var count = 0
        var known: Set<String> = []
        for _ in 0..<Self.lives {
            let seed = generator.next()
            count += Self.steps
            guard let broken = Self.live(seed, leavingOut: []) else { continue }
            // One example of each rule is enough.
            guard known.count < 10, known.insert(broken.rule.filter { !$0.isNumber }).inserted else { continue }
            // Steps without which it breaks all the same are left out, whatever rule it is.
            var omitted: Set<Int> = []
            var shortest = broken
            for index in (0..<Self.steps).reversed() {
                if let again = Self.live(seed, leavingOut: omitted.union([index])) {
                    omitted.insert(index)
                    shortest = again
                }
            }
            let transcript = shortest.transcript.joined(separator: "\n  ")
            Issue.record("\(shortest.rule) (life \(seed))\n  \(transcript)")
        }
        #expect(count >= 100_000)
    }

    /// Lives once; returns what went wrong.
    static func live(_ seed: UInt64, leavingOut omitted: Set<Int>) -> Broken? {
        do {
            let model = try KeeperModel(seed: seed)
            for index in 0..<steps where !omitted.contains(index) {
                var chance = SplitMix64(seed: seed &+ UInt64(index + 1) &* 0x9E37_79B9)
                try model.step(&chance)
            }
            try model.settleFairly()
            try model.finish(byStopping: seed % 2 == 0)
            return nil
        } catch let broken as Broken {
            return broken
        } catch {
            return Broken(rule: "\(error)", transcript: [])
        }
    }
}
