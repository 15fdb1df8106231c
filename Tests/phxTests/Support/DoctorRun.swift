import Phoenix
import Testing

@testable import phx

/// What a run of `phx doctor --json` said.
struct DoctorRun {
    struct Report: Decodable {
        struct Step: Decodable {
            var route: Route
            var step: phx.Step
            var outcome: String
            var milliseconds: Double?
            var detail: String?
            var kind: Symptom.Kind?
            var status: Int?
            var message: String?
            var cause: String?
            var help: String?
            var because: phx.Step?
        }

        struct Verdict: Decodable {
            struct Setting: Decodable, Equatable {
                var option: String
                var value: String
            }

            var works: Bool
            var text: String
            var transport: TransportName?
            var route: Route?
            var url: String?
            var settings: [Setting]?
        }

        struct Proxy: Decodable {
            var url: String
            var from: String
        }

        var url: String
        var topic: String?
        var proxy: Proxy?
        var steps: [Step]
        var verdict: Verdict
        var status: Int32
    }

    var run: Run
    var report: Report

    /// Runs it; whatever it says, `s3cret` must not be in it.
    static func of(_ arguments: String..., environment: [String: String] = [:]) async throws -> DoctorRun {
        let run = try await Child.run(["doctor", "--json"] + arguments, environment: environment)
        #expect(!run.output.lowercased().contains("s3cret") && !run.notes.lowercased().contains("s3cret"), "\(run)")
        let report = try #require(
            try? JSONFormat().decode(Report.self, from: Bytes(run.output)),
            "no report: \(run)"
        )
        #expect(report.status == run.status)
        return DoctorRun(run: run, report: report)
    }

    /// What was said about a step.
    subscript(_ step: Step, _ route: Route = .direct) -> Report.Step? {
        report.steps.first { $0.step == step && $0.route == route }
    }

    func outcome(_ step: Step, _ route: Route = .direct) -> String? { self[step, route]?.outcome }
}
