public import PhoenixKit

/// Judges a wire extension by the rules that every extension of the WebSocket keeps.
///
/// In a test of a plug-in, with whatever test framework:
///
/// ```swift
/// try WireExtensionConformance(MyExtension(), server: { try MyServer.answer($0, $1) }).check()
/// ```
public struct WireExtensionConformance: Sendable {
    /// Answers an offer as a server would: its words for the extension, and its own codec of the connection.
    public typealias Server =
        @Sendable (
            _ offer: String, _ limits: ConnectionLimits
        ) throws -> (answer: String, codec: any WireCodec)

    /// What is judged.
    public let wireExtension: any WireExtension
    /// Its other end.
    public let server: Server

    /// Prepares to judge `wireExtension`, whose offers `server` answers.
    public init(_ wireExtension: some WireExtension, server: @escaping Server) {
        self.wireExtension = wireExtension
        self.server = server
    }

    /// The rules, in the order in which they are judged.
    public static var rules: [ConformanceRule] { checks.map(\.rule) }

    /// Judges by all rules.
    public func run() -> ConformanceReport {
        ConformanceReport(
            subject: wireExtension.name,
            findings: Self.checks.map { check in
                ConformanceReport.Finding(rule: check.rule, verdict: .of { try check.judge(self) })
            }
        )
    }

    /// Judges by all rules, and throws where one is broken.
    ///
    /// - Throws: `ConformanceFailure`, which names each broken rule, what came, and why the rule matters.
    public func check() throws(ConformanceFailure) {
        try run().check()
    }
}
