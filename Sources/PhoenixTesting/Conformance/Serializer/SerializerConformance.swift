public import PhoenixKit

/// Judges a serializer by the rules that every serializer keeps.
///
/// In a test of a plug-in, with whatever test framework:
///
/// ```swift
/// try SerializerConformance(MySerializer()).check()
/// ```
///
/// Messages of all shapes that the protocol knows go from the client to the server and back, in both roles; then frames
/// are damaged, and limits tried. All of it is the same at each run. It takes some tenths of a second.
public struct SerializerConformance: Sendable {
    /// What a serializer leaves out by the design of its wire.
    public struct Omissions: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// What the server sends does not name the join it belongs to, as in version 1.0.0.
        public static let joinReferenceFromServer = Omissions(rawValue: 1)
        /// Binary data is refused with an error, as in version 1.0.0.
        public static let binaryPayloads = Omissions(rawValue: 2)
    }

    /// What is judged.
    public let serializer: any Serializer
    /// What its wire leaves out by design.
    public let omissions: Omissions
    /// Payloads in the serializer's format, where that is not one for all values.
    public let payloads: [Payload]?

    /// Prepares to judge `serializer`.
    ///
    /// - Parameters:
    ///   - serializer: what is judged.
    ///   - omissions: what its wire leaves out by design; nothing by default.
    ///   - payloads: payloads to send, at least one, where the format cannot say any object (that of Protocol Buffers, for
    ///     one). By default values of all kinds are encoded in the serializer's format.
    public init(_ serializer: some Serializer, omitting omissions: Omissions = [], payloads: [Payload]? = nil) {
        self.serializer = serializer
        self.omissions = omissions
        self.payloads = payloads
    }

    /// The rules, in the order in which they are judged.
    public static var rules: [ConformanceRule] { checks.map(\.rule) }

    /// Judges by all rules.
    public func run() -> ConformanceReport {
        ConformanceReport(
            subject: "\(serializer.name) \(serializer.version)",
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
