internal import Phoenix

/// Tries long polling in a process of its own, since URLSession takes the proxy from its environment on Linux.
struct LongPollProbe: Sendable {
    var assignment: Assignment
    /// The proxy to go through; nil for none.
    var proxy: Proxy?
    /// Whether a step is planned and may still be tried.
    var isOpen: @Sendable (Step) -> Bool
    var clock: any PhoenixClock
    var report: StepWatch.Report

    /// Runs it to its end; a step that it says nothing about has failed.
    func run() async {
        let start = clock.now
        let symptom: Symptom
        do {
            let child = try ChildProcess(
                [DoctorProbeCommand.name],
                environment: ProxyEnvironment.make(from: ChildProcess.ownEnvironment, proxy: proxy),
                input: try JSONFormat().encode(assignment).array
            )
            await listen(to: child)
            symptom = Symptom(.tool, "Expected the probe to say what came of it, but it ended without.")
        } catch {
            symptom = Symptom(.tool, "Expected to run a probe of long polling, could not. \(Symptom(error).message)")
        }
        if let step = Step.allCases.first(where: { $0.transport == .longPoll && isOpen($0) }) {
            report(step, .failed(clock.now - start, symptom))
        }
    }

    private func listen(to child: ChildProcess) async {
        // Its own deadlines come first; this one is for what they do not reach.
        let end = clock.now + assignment.deadline * 5 + .seconds(10)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [clock] in
                do { try await clock.sleep(until: end) } catch { return }
                child.kill()
            }
            for await line in child.lines {
                if let (step, outcome) = StepReport(line: line)?.content { report(step, outcome) }
            }
            group.cancelAll()
        }
    }
}
