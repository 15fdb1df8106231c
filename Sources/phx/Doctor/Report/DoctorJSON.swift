internal import Phoenix

/// What `phx doctor` found, for machines: one object, whose keys `phx help doctor` lists.
struct DoctorJSON: Encodable {
    private struct ProxyPart: Encodable {
        var url: String
        var from: String
    }

    private struct StepPart: Encodable {
        var route: Route
        var step: Step
        var outcome: String
        var milliseconds: Double?
        var detail: String?
        var kind: Symptom.Kind?
        var status: Int?
        var message: String?
        var answeredBy: String?
        var cause: String?
        var help: String?
        var because: Step?
    }

    private struct SettingPart: Encodable {
        var option: String
        var value: String
    }

    private struct VerdictPart: Encodable {
        var works: Bool
        var text: String
        var transport: TransportName?
        var route: Route?
        var url: String?
        var settings: [SettingPart]?
    }

    private enum CodingKeys: CodingKey {
        case url, topic, proxy, steps, verdict, status
    }

    private let url: String
    private let topic: String?
    private let proxy: ProxyPart?
    private let steps: [StepPart]
    private let verdict: VerdictPart
    private let status: Int32

    init(_ evidence: Evidence, _ verdict: Verdict) {
        url = evidence.suffix.flatMap { evidence.urls[$0] } ?? evidence.base
        topic = evidence.topic
        proxy = evidence.proxy.map { ProxyPart(url: $0.url, from: $0.isFromEnvironment ? "environment" : "option") }
        let findings = evidence.findings
        steps = evidence.charts.flatMap(\.rows).map { row in
            Self.part(of: row, findings.first { $0.route == row.route && $0.step == row.step })
        }
        let works = verdict.transport != nil
        self.verdict = VerdictPart(
            works: works,
            text: verdict.text,
            transport: verdict.transport,
            route: verdict.route,
            url: verdict.url,
            settings: works ? verdict.settings.map { SettingPart(option: $0.option, value: $0.value) } : nil
        )
        status = verdict.status.rawValue
    }

    /// The object on one line.
    var line: String {
        get throws { try JSONFormat().encode(self).text }
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(url, forKey: .url)
        // Null where there is none, so that the keys are always the same.
        try object.encode(topic, forKey: .topic)
        try object.encode(proxy, forKey: .proxy)
        try object.encode(steps, forKey: .steps)
        try object.encode(verdict, forKey: .verdict)
        try object.encode(status, forKey: .status)
    }

    private static func part(of row: Chart.Row, _ finding: Finding?) -> StepPart {
        var part = StepPart(route: row.route, step: row.step, outcome: "ok")
        // Microseconds are as much as there is to it.
        part.milliseconds = row.outcome.duration.map { ($0 / .microseconds(1)).rounded() / 1_000 }
        switch row.outcome {
        case .passed(_, let detail):
            part.detail = detail.isEmpty ? nil : detail
        case .failed(_, let symptom):
            part.outcome = "failed"
            part.kind = symptom.kind
            part.status = symptom.status
            part.message = symptom.message
            part.answeredBy = symptom.answeredBy
            part.cause = finding?.cause
            part.help = finding?.help
        case .notTried(let step):
            part.outcome = "not-tried"
            part.because = step
        }
        return part
    }
}
