internal import Phoenix

/// Runs `operation`, which ends when it is cancelled, for at most `limit`.
///
/// - Throws: what `operation` throws; `PhoenixError` with `.timeout` when it takes longer.
func within<Result: Sendable>(
    _ limit: Duration,
    of clock: any PhoenixClock,
    _ expected: String,
    _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    let timeout = PhoenixError(.timeout, "Expected \(expected) within \(limit.brief), got none.")
    let end = clock.now + limit
    return try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await clock.sleep(until: end)
            throw timeout
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw timeout }
        return first
    }
}
