import PhoenixKit
import Testing

@Suite("Backoff")
struct BackoffTests {
    @Test("waits double up to the longest")
    func doubling() {
        var backoff = Backoff(first: .seconds(1), longest: .seconds(10), jitter: 0)
        var generator = SeededGenerator(seed: 1)
        let waits = (0..<6).map { _ in backoff.next(using: &generator) }
        #expect(waits == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(10), .seconds(10)])
        #expect(backoff.tries == 6)
    }

    @Test("a reset begins anew")
    func reset() {
        var backoff = Backoff(first: .seconds(1), longest: .seconds(10), jitter: 0)
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<3 { _ = backoff.next(using: &generator) }
        backoff.reset()
        let wait = backoff.next(using: &generator)
        #expect(wait == .seconds(1))
    }

    @Test("chance takes no more than its share, and something of it")
    func jitter() {
        var generator = SeededGenerator.announced("jitter")
        var waits: Set<Duration> = []
        for _ in 0..<1_000 {
            var backoff = Backoff(first: .seconds(8), longest: .seconds(8), jitter: 0.25)
            waits.insert(backoff.next(using: &generator))
        }
        #expect(waits.count > 900)
        #expect(waits.allSatisfy { $0 > .seconds(6) && $0 <= .seconds(8) })
    }

    @Test("the same chance, the same waits")
    func repeatable() {
        let runs = (0..<2).map { _ in
            var backoff = Backoff()
            var generator = SeededGenerator(seed: 7)
            return (0..<20).map { _ in backoff.next(using: &generator) }
        }
        #expect(runs[0] == runs[1])
    }

    @Test(
        "no setting makes it trap, shrink or wait without an end",
        arguments: [
            Backoff(first: .zero, longest: .zero, factor: .nan, jitter: .nan),
            Backoff(first: .seconds(-1), longest: .seconds(-5), factor: -3, jitter: -1),
            Backoff(first: .seconds(Int64.max), longest: .seconds(Int64.max), factor: .infinity, jitter: 9),
            Backoff(first: .seconds(1), longest: .milliseconds(1), factor: 0.1, jitter: 0),
        ]
    )
    func extremes(_ settings: Backoff) {
        var backoff = settings
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<100 {
            let wait = backoff.next(using: &generator)
            #expect(wait >= .zero && wait <= .seconds(3_155_760_000))
        }
    }
}
