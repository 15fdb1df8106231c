internal import Phoenix

/// What came of a step, as one process tells it to another: one line of JSON.
struct StepReport: Sendable, Codable {
    private var step: Step
    private var seconds: Double
    /// What there is to tell; nil when it failed.
    private var detail: String?
    private var symptom: Symptom?

    /// Nil for a step that was not tried: the other process knows that by itself.
    init?(_ step: Step, _ outcome: Outcome) {
        self.step = step
        switch outcome {
        case .passed(let duration, let detail): (seconds, self.detail) = (duration / .seconds(1), detail)
        case .failed(let duration, let symptom): (seconds, self.symptom) = (duration / .seconds(1), symptom)
        case .notTried: return nil
        }
    }

    /// Reads a line; nil for one that is none.
    init?(line: String) {
        guard let report = try? JSONFormat().decode(StepReport.self, from: Bytes(line)), report.seconds.isFinite else {
            return nil
        }
        self = report
    }

    var line: String? { (try? JSONFormat().encode(self))?.text }

    /// The step and what came of it.
    var content: (Step, Outcome) {
        let duration = Duration.seconds(min(max(seconds, 0), 1e6))
        return (step, symptom.map { .failed(duration, $0) } ?? .passed(duration, detail ?? ""))
    }
}
