/// Which transport to use, by which route, with which settings.
struct Verdict: Sendable, Hashable {
    /// An option of phx that has to be set.
    struct Setting: Sendable, Hashable {
        var option: String
        var value: String
    }

    /// What works best; nil when nothing does.
    var transport: TransportName?
    var route: Route?
    /// The URL to use, without secrets; nil when nothing works.
    var url: String?
    /// What has to be set; empty when it works by itself.
    var settings: [Setting] = []
    /// The verdict in one line.
    var text: String
    var status: Status

    init(_ evidence: Evidence) {
        for transport in TransportName.allCases {
            for route in [evidence.usualRoute, .direct] where evidence.works(transport, route) {
                self.init(evidence, transport, route)
                return
            }
        }
        self.init(failing: evidence)
    }

    private init(_ evidence: Evidence, _ transport: TransportName, _ route: Route) {
        self.transport = transport
        self.route = route
        status = .ok
        url = evidence.urls[transport]
        if transport != evidence.suffix ?? .webSocket {
            if evidence.suffix == nil {
                settings.append(Setting(option: "--transport", value: transport.rawValue))
            } else {
                settings.append(Setting(option: "URL", value: url ?? ""))
            }
        }
        if let proxy = evidence.proxy {
            if route == .direct, proxy.isFromEnvironment { settings.append(Setting(option: "--proxy", value: "none")) }
            if route == .proxy, !proxy.isFromEnvironment {
                settings.append(Setting(option: "--proxy", value: proxy.url))
            }
        }
        let way =
            switch (route, evidence.proxy) {
            case (.proxy, let proxy?): " through the proxy \(proxy.url)"
            case (.direct, .some): " without the proxy"
            default: ""
            }
        let how =
            settings.isEmpty
            ? "; no settings are needed"
            : ", with "
                + settings.map { $0.option == "URL" ? "the URL \($0.value)" : "\($0.option) \($0.value)" }
                .joined(separator: " ")
        let fallback =
            transport == .longPoll && evidence.suffix != .longPoll
            ? " (--transport auto finds that out by itself)" : ""
        let deflate =
            transport == .webSocket && evidence.chart(route)?.outcome(of: .compression)?.symptom != nil
            ? "; leave permessage-deflate off" : ""
        text = "Use \(transport.title)\(way)\(how)\(fallback)\(deflate)."
    }

    private init(failing evidence: Evidence) {
        let findings = evidence.findings
        for (transport, join) in [(TransportName.webSocket, Step.join), (.longPoll, .longPollJoin)] {
            for route in [evidence.usualRoute, .direct] where evidence.chart(route)?.answers(transport) ?? false {
                let finding = findings.first { $0.route == route && $0.step == join }
                let isDenied = finding?.symptom.kind == .denied
                text =
                    "\(transport.title.prefix(1).uppercased() + transport.title.dropFirst()) works, but the join "
                    + (isDenied ? "is denied" : "fails") + ": \(finding?.help ?? "")"
                status = isDenied ? .joinDenied : .unreachable
                return
            }
        }
        // The way that leads farthest lacks least.
        let order = { (finding: Finding) in
            (
                finding.step.transport == .longPoll ? 0 : Step.allCases.firstIndex(of: finding.step) ?? 0,
                finding.route == evidence.usualRoute ? 1 : 0
            )
        }
        let decisive = findings.max { order($0) < order($1) }
        let statuses = findings.filter { [.upgrade, .longPollOpen].contains($0.step) }.compactMap(\.symptom.status)
        status = statuses.contains { [401, 403].contains($0) } ? .refused : .unreachable
        text = "Nothing works" + (decisive.map { ". \($0.cause) \($0.help)" } ?? ".")
    }
}
