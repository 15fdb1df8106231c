internal import PhoenixKit

/// A moment by which a stage of a connection must be over.
struct Deadline: Sendable {
    let clock: any PhoenixClock
    let end: Timestamp
    /// What the error says when the moment has come.
    let error: PhoenixError

    /// The deadline `limit` from now for `stage`, which reads as a gerund: "connecting".
    init(_ stage: String, within limit: Duration, clock: any PhoenixClock) {
        self.clock = clock
        end = clock.now + limit
        error = PhoenixError(
            .timeout,
            "Expected \(stage) to take at most \(limit), but the deadline passed. Check the network, or allow more time."
        )
    }

    /// Runs `operation`, and calls `expired` when the moment comes first.
    ///
    /// It is for `expired` to make `operation` end.
    func race<Result>(
        expired: @escaping @Sendable () -> Void,
        _ operation: () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await clock.sleep(until: end) } catch { return }
                expired()
            }
            defer { group.cancelAll() }
            return try await operation()
        }
    }
}
