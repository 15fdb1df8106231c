internal import ArgumentParser
internal import Phoenix

/// Tries long polling for `phx doctor`, in a process of its own: reads an `Assignment`, and writes a `StepReport` a line.
struct DoctorProbeCommand: AsyncParsableCommand {
    static let name = "doctor-long-poll"

    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Tries long polling for phx doctor.",
        shouldDisplay: false
    )

    func run() async throws {
        let assignment: Assignment
        do {
            assignment = try JSONFormat().decode(Assignment.self, from: Bytes(PayloadArguments.standardInput()))
        } catch {
            throw Failure(.usage, "Expected what to try on standard input. This command is for phx doctor alone.")
        }
        let console = Console(plain: true)
        let clock = SystemClock()
        let watch = StepWatch(
            [.longPollOpen, .longPollExchange, .longPollJoin],
            clock: clock
        ) { step, outcome in
            if let line = StepReport(step, outcome)?.line { console.line(line) }
        }
        do {
            let resolution = try assignment.resolution(.longPoll)
            let isProxied = try ProxySettings.environment.proxy(for: resolution.url) != nil
            let proxy: ProxySettings = isProxied ? .environment : .none
            let request = try assignment.request(for: resolution, proxy: proxy, clock: clock)
            let exchange = assignment.exchange(clock: clock)
            try await resolution.transport.withConnection(request) { connection in
                watch.passed("")
                await exchange.run(on: assignment.watched(connection, clock: clock), resolution.serializer, watch)
            }
        } catch {
            watch.failed(Symptom(error))
        }
    }
}
