/// A step that failed, why it probably did, and what helps.
struct Finding: Sendable, Hashable {
    var route: Route
    var step: Step
    var symptom: Symptom
    /// The likely cause, a sentence.
    var cause: String
    /// The setting or the repair that helps, a sentence.
    var help: String
}
