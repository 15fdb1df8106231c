import PhoenixKit
import Testing

@testable import PhoenixTesting

@Suite("A waiting line", .timeLimit(.minutes(1)))
struct WaitingLineTests {
    private let clock = TestClock()
    private let line = WaitingLine<Int>(limit: 3)

    private func next(
        within timeout: Duration = .seconds(5),
        where matches: @escaping @Sendable (Int) -> Bool = { _ in true }
    ) async -> Result<Int, PhoenixError> {
        do throws(PhoenixError) {
            return .success(try await line.next(within: timeout, on: clock, where: matches))
        } catch {
            return .failure(error)
        }
    }

    private func code(_ result: Result<Int, PhoenixError>) -> PhoenixError.Code? {
        if case .failure(let error) = result { error.code } else { nil }
    }

    @Test("what is there is taken in order, by the choosy past what they do not want")
    func order() async throws {
        for number in 1...3 { line.add(number) }
        #expect(try await next { $0 == 2 }.get() == 2)
        #expect(try await next().get() == 1)
        #expect(try await next().get() == 3)
    }

    @Test("who waits gets what comes and suits, and what suits nobody is kept")
    func waiting() async throws {
        async let even = next { $0.isMultiple(of: 2) }
        await clock.waitForSleeper(until: .seconds(5))
        line.add(1)
        line.add(2)
        #expect(try await even.get() == 2)
        #expect(try await next().get() == 1)
        #expect(clock.sleeperCount == 0, "the timer of a wait ends with it")
    }

    @Test("a hundred who wait get one each of a hundred")
    func many() async {
        let numbers = await withTaskGroup(of: Int?.self) { group in
            for _ in 0..<100 { group.addTask { try? await next().get() } }
            while line.waiterCount < 100 { await Task.yield() }
            for number in 0..<100 { line.add(number) }
            return await group.reduce(into: Set<Int>()) { if let number = $1 { $0.insert(number) } }
        }
        #expect(numbers == Set(0..<100))
    }

    @Test("a wait ends at its timeout, and what comes later is for others")
    func timeout() async throws {
        async let late = next()
        await clock.waitForSleeper(until: .seconds(5))
        clock.advance(by: .seconds(5))
        #expect(code(await late) == .timeout)
        line.add(1)
        #expect(try await next().get() == 1)
    }

    @Test("a timeout of nothing, or less, ends a wait for what is not there", arguments: [0, -1])
    func noTime(seconds: Int) async throws {
        #expect(code(await next(within: .seconds(seconds))) == .timeout)
        line.add(1)
        #expect(try await next(within: .seconds(seconds)).get() == 1)
    }

    @Test("a wait ends with its task, begun or not")
    func cancellation() async {
        let waiting = Task { await next() }
        await clock.waitForSleeper(until: .seconds(5))
        waiting.cancel()
        #expect(code(await waiting.value) == .stopped)
        let unborn = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await next()
        }
        #expect(code(await unborn.value) == .stopped)
        #expect(line.waiterCount == 0)
    }

    @Test("at the end all waits end, what is there can be taken, and nothing more is")
    func finish() async throws {
        line.add(1)
        async let never = next { $0 == 2 }
        await clock.waitForSleeper(until: .seconds(5))
        line.finish()
        #expect(code(await never) == .stopped)
        line.add(2)
        #expect(try await next().get() == 1)
        #expect(code(await next()) == .stopped)
    }

    @Test("at the bound the oldest goes, and is counted")
    func bound() async throws {
        for number in 1...5 { line.add(number) }
        #expect(line.dropped == 2)
        #expect(try await next().get() == 3)
    }
}
