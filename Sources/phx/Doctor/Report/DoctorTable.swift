/// What `phx doctor` found, for people.
struct DoctorTable: Sendable {
    private static let width = 78

    var style: Style

    /// The line above the rows of a route.
    func title(of route: Route, _ evidence: Evidence) -> String {
        let way =
            switch (route, evidence.proxy) {
            case (.proxy, let proxy?): "through the proxy \(proxy.url)"
            default: "directly"
            }
        return style.bold("\(evidence.base) \(way)")
    }

    /// The line of a step.
    func line(of row: Chart.Row) -> String {
        let title = row.step.title.padded(to: Step.titleWidth)
        let time = row.outcome.duration.map(\.brief) ?? ""
        let duration = String(repeating: " ", count: max(0, 8 - time.count)) + time
        return switch row.outcome {
        case .passed(_, let detail):
            "  \(style.green("✓")) \(title)  \(style.dim(duration))  \(detail)".withoutTrailingSpace
        case .failed(_, let symptom):
            "  \(style.red("✗")) \(title)  \(style.dim(duration))  \(style.red(symptom.summary))"
        case .notTried(let step):
            style.dim("  – \(title)  \(duration)  not tried: \(step.noun) failed")
        }
    }

    /// The lines below the rows: what is wrong, and the verdict.
    func ending(_ findings: [Finding], _ verdict: Verdict) -> [String] {
        var lines: [String] = []
        for finding in findings {
            let place = finding.route == .proxy ? "through the proxy" : "directly"
            lines.append("")
            lines.append(style.yellow("\(finding.step.title), \(place)"))
            lines += Self.wrapped("  Seen:         ", finding.symptom.message)
            lines += Self.wrapped("  Likely cause: ", finding.cause)
            lines += Self.wrapped("  What helps:   ", finding.help)
        }
        lines.append("")
        let label = style.bold(verdict.status == .ok ? style.green("Verdict:") : style.red("Verdict:"))
        lines.append("\(label) \(verdict.text)")
        return lines
    }

    /// `text` behind `label`, broken at spaces, further lines as far in as the first.
    private static func wrapped(_ label: String, _ text: String) -> [String] {
        let room = max(20, width - label.count)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > room {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        lines.append(line)
        let indent = String(repeating: " ", count: label.count)
        return lines.enumerated().map { ($0.offset == 0 ? label : indent) + $0.element }
    }
}

extension String {
    fileprivate var withoutTrailingSpace: String {
        String(reversed().drop { $0 == " " }.reversed())
    }
}
