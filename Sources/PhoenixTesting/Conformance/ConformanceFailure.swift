/// Says which rules of a conformance suite a plug-in breaks, and why they matter.
public struct ConformanceFailure: Error, Sendable {
    /// All rules, the kept ones too.
    public let report: ConformanceReport
}

extension ConformanceFailure: CustomStringConvertible {
    public var description: String { report.description }
}
