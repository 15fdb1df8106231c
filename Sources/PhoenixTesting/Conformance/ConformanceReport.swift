/// What a conformance suite found: each of its rules with a verdict.
///
/// It knows no test framework: `check()` throws where a rule is broken, and `description` lists all rules.
public struct ConformanceReport: Sendable {
    /// What came of one rule.
    public enum Verdict: Sendable, Hashable {
        /// The rule is kept.
        case kept
        /// The rule is broken: what was expected, and what came.
        case broken(String)
        /// The rule says nothing of this plug-in, and why.
        case notApplicable(String)

        /// The verdict of `judge`, which throws where the rule is broken.
        static func of(_ judge: () throws -> Void) -> Verdict {
            do {
                try judge()
                return .kept
            } catch {
                return Verdict(error)
            }
        }

        /// The verdict of a check that ended with `error`, or with none.
        init(_ error: (any Error)?) {
            switch error {
            case nil: self = .kept
            case let breach as ConformanceBreach: self = .broken(breach.words)
            case let exemption as ConformanceExemption: self = .notApplicable(exemption.words)
            case let error?: self = .broken("Expected no error, got \(error).")
            }
        }
    }

    /// A rule and what came of it.
    public struct Finding: Sendable, Hashable {
        /// The rule that was judged by.
        public let rule: ConformanceRule
        /// What came of it.
        public let verdict: Verdict
    }

    /// What was judged, such as `json 2.0.0`.
    public let subject: String
    /// All rules of the suite, in its order.
    public let findings: [Finding]

    /// The findings of the rules that are broken.
    public var broken: [Finding] {
        findings.filter { finding in
            if case .broken = finding.verdict { true } else { false }
        }
    }

    /// Throws where a rule is broken.
    ///
    /// - Throws: `ConformanceFailure`, which names each broken rule, what came, and why the rule matters.
    public func check() throws(ConformanceFailure) {
        if !broken.isEmpty { throw ConformanceFailure(report: self) }
    }
}

extension ConformanceReport: CustomStringConvertible {
    /// One line a rule, and two more where it is broken.
    public var description: String {
        let lines = findings.map { finding in
            switch finding.verdict {
            case .kept: "  kept    \(finding.rule.name)"
            case .notApplicable(let why): "  -       \(finding.rule.name): \(why)"
            case .broken(let words):
                """
                  BROKEN  \(finding.rule.name): \(finding.rule.sentence)
                            \(words)
                            It matters because \(finding.rule.reason)
                """
            }
        }
        return (["\(subject): \(broken.count) of \(findings.count) rules broken"] + lines).joined(separator: "\n")
    }
}
