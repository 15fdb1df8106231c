internal import PhoenixKit

/// A moment by which something must be over.
struct Deadline: Sendable {
    let clock: any PhoenixClock
    let end: Timestamp
    /// What the error says when the moment has come.
    let error: PhoenixError

    /// The deadline `limit` from now for `stage`, which reads as a gerund: "writing".
    init(_ stage: String, within limit: Duration, clock: any PhoenixClock) {
        self.clock = clock
        end = clock.now + limit
        error = PhoenixError(
            .timeout,
            "Expected \(stage) to take at most \(limit), but the deadline passed. Check the network, or allow more time."
        )
    }

    /// Runs `operation` and cancels it when the moment comes first, or when the task is cancelled.
    ///
    /// A result that comes too late all the same goes to `discard`. Throws `error` when the moment came first.
    func race<Result: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Result,
        discard: (Result) -> Void
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await clock.sleep(until: end)
                return nil
            }
            let first = await group.nextResult() ?? .success(nil)
            group.cancelAll()
            if case .success(let result?) = first { return result }
            while let late = await group.nextResult() {
                if case .success(let result?) = late { discard(result) }
            }
            _ = try first.get()
            throw error
        }
    }
}
