internal import Phoenix
private import Synchronization

/// Measures steps that follow each other, and reports what comes of each.
final class StepWatch: Sendable {
    typealias Report = @Sendable (Step, Outcome) -> Void

    private struct State {
        var steps: ArraySlice<Step>
        var since: Timestamp
    }

    private let state: Mutex<State>
    private let clock: any PhoenixClock
    private let report: Report

    /// Begins with the first of `steps`, now.
    init(_ steps: [Step], clock: any PhoenixClock, report: @escaping Report) {
        state = Mutex(State(steps: steps[...], since: clock.now))
        self.clock = clock
        self.report = report
    }

    /// The step that is being measured; nil after the last, and after one that failed.
    var current: Step? { state.withLock { $0.steps.first } }

    /// The present step is done, and the next one begins.
    func passed(_ detail: String) {
        let now = clock.now
        let ended = state.withLock { state -> (Step, Duration)? in
            guard let step = state.steps.popFirst() else { return nil }
            defer { state.since = now }
            return (step, now - state.since)
        }
        if let (step, duration) = ended { report(step, .passed(duration, detail)) }
    }

    /// The present step failed, which ends it all.
    func failed(_ symptom: Symptom) {
        let now = clock.now
        let ended = state.withLock { state -> (Step, Duration)? in
            guard let step = state.steps.first else { return nil }
            state.steps = []
            return (step, now - state.since)
        }
        if let (step, duration) = ended { report(step, .failed(duration, symptom)) }
    }
}
