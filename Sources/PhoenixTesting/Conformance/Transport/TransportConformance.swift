public import PhoenixKit

/// Judges a transport by the rules that every transport keeps.
///
/// In a test of a plug-in, with whatever test framework:
///
/// ```swift
/// try await TransportConformance(MyTransport(), peer: MyPeer()).check()
/// ```
///
/// Each rule opens connections of its own to the peer, one at a time. Deadlines are measured on a `TestClock` that the suite
/// moves; what does not come at all is given up after `patience`, on the system's clock.
public struct TransportConformance: Sendable {
    /// What is judged.
    public let transport: any Transport
    /// Its other end.
    public let peer: any TransportPeer
    /// How long the suite waits for what should come at once.
    public let patience: Duration

    /// Prepares to judge `transport`, which reaches `peer`.
    public init(_ transport: some Transport, peer: some TransportPeer, patience: Duration = .seconds(10)) {
        self.transport = transport
        self.peer = peer
        self.patience = patience
    }

    /// The rules, in the order in which they are judged.
    public static var rules: [ConformanceRule] { checks.map(\.rule) }

    /// Judges by all rules.
    public func run() async -> ConformanceReport {
        var findings: [ConformanceReport.Finding] = []
        for check in Self.checks {
            var failure: (any Error)?
            do { try await check.judge(self) } catch { failure = error }
            findings.append(ConformanceReport.Finding(rule: check.rule, verdict: ConformanceReport.Verdict(failure)))
        }
        return ConformanceReport(subject: transport.capabilities.name, findings: findings)
    }

    /// Judges by all rules, and throws where one is broken.
    ///
    /// - Throws: `ConformanceFailure`, which names each broken rule, what came, and why the rule matters.
    public func check() async throws(ConformanceFailure) {
        try await run().check()
    }
}
