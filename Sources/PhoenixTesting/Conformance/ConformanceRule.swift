/// One rule of a conformance suite: its name, what it says, and why it matters.
public struct ConformanceRule: Sendable, Hashable {
    /// The rule's name, such as `serializer.null-references`.
    ///
    /// It stays the same from release to release.
    public let name: String
    /// What the rule says, as one sentence.
    public let sentence: String
    /// What goes wrong where it is broken, as one sentence.
    public let reason: String
}

extension ConformanceRule: CustomStringConvertible {
    public var description: String { name }
}

/// A broken rule, as a check tells it: what was expected and what came.
struct ConformanceBreach: Error {
    let words: String

    init(_ words: String) {
        self.words = words
    }
}

/// Why a rule says nothing of the subject.
struct ConformanceExemption: Error {
    let words: String
}

/// A rule and the code that judges by it, which throws where the rule is broken.
struct ConformanceCheck<Judge: Sendable>: Sendable {
    let rule: ConformanceRule
    let judge: Judge

    init(_ name: String, _ sentence: String, because reason: String, judge: Judge) {
        rule = ConformanceRule(name: name, sentence: sentence, reason: reason)
        self.judge = judge
    }
}
