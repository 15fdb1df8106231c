public import PhoenixKit

/// What a join answers.
public struct JoinOutcome: Sendable {
    enum Kind: Sendable {
        case ok(PayloadContent)
        case error(PayloadContent)
        case crash
        indirect case blocking(Duration, then: Kind)
    }

    let kind: Kind

    /// The join is accepted.
    public static func ok(_ response: PayloadContent = [:]) -> JoinOutcome { JoinOutcome(kind: .ok(response)) }

    /// The join is refused.
    public static func error(_ response: PayloadContent) -> JoinOutcome { JoinOutcome(kind: .error(response)) }

    /// The join raises: the client gets the error `join crashed`.
    public static let crash = JoinOutcome(kind: .crash)

    /// The join takes `duration` before it answers `then`.
    ///
    /// Meanwhile the whole socket stands still, heartbeats and all, because joins run in the transport's process.
    public static func blocking(for duration: Duration, then outcome: JoinOutcome) -> JoinOutcome {
        JoinOutcome(kind: .blocking(duration, then: outcome.kind))
    }
}
