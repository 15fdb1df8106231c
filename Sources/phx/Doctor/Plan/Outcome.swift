/// What came of a step.
enum Outcome: Sendable, Hashable {
    /// It worked, and took so long; with what there is to tell.
    case passed(Duration, String)
    case failed(Duration, Symptom)
    /// It needs what another step was to bring.
    case notTried(because: Step)

    var isPassed: Bool { if case .passed = self { true } else { false } }

    /// What went wrong; nil unless it failed.
    var symptom: Symptom? { if case .failed(_, let symptom) = self { symptom } else { nil } }

    /// How long it took; nil when it was not tried.
    var duration: Duration? {
        switch self {
        case .passed(let duration, _), .failed(let duration, _): duration
        case .notTried: nil
        }
    }
}
