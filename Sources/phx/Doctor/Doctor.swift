internal import Phoenix

/// Tries all that leads to a server, and says what works.
struct Doctor: Sendable {
    /// What is known of the proxy to try.
    enum ProxyChoice: Sendable {
        case none
        case proxy(Proxy, isFromEnvironment: Bool)
        /// The environment names one that cannot be used.
        case unusable(Symptom)
    }

    var assignment: Assignment
    var endpoint: Endpoint
    /// The transport that the URL's suffix names.
    var suffix: TransportName?
    var transports: Set<TransportName>
    var proxy: ProxyChoice
    var clock: any PhoenixClock = SystemClock()

    /// The routes to try, in order.
    var plans: [Chart.Plan] {
        var routes = [Route.direct]
        if case .none = proxy {} else { routes.append(.proxy) }
        return routes.map { route in
            Chart.Plan(
                route: route,
                isSecure: endpoint.isSecure,
                joins: assignment.topic != nil,
                transports: transports,
                triesCompression: transports.contains(.webSocket)
                    && PluginRegistry.standard.wireExtensions.contains { $0.name == RouteProbe.deflate }
            )
        }
    }

    /// Tries everything, one thing after the other.
    ///
    /// - Parameters:
    ///   - begin: called before a route is tried.
    ///   - show: gets each row as soon as it is known.
    /// - Returns: what came of it.
    /// - Throws: when the options do not resolve.
    func examine(
        begin: (Evidence, Route) -> Void,
        show: @escaping @Sendable (Chart.Row) -> Void
    ) async throws(PhoenixError) -> Evidence {
        var evidence = evidence()
        let ledger = Ledger(plans.map(Chart.init), show: show)
        for chart in ledger.charts {
            let route = chart.route
            begin(evidence, route)
            if route == .proxy, case .unusable(let symptom) = proxy {
                ledger.record(.failed(.zero, symptom), of: .settings, on: route)
                continue
            }
            var way: Proxy?
            if route == .proxy, case .proxy(let proxy, _) = proxy { way = proxy }
            try await RouteProbe(
                assignment: assignment,
                proxy: way,
                steps: chart.steps,
                isOpen: { ledger.isOpen($0, on: route) },
                clock: clock,
                report: { ledger.record($1, of: $0, on: route) }
            ).run()
        }
        evidence.charts = ledger.charts
        return evidence
    }

    private func evidence() -> Evidence {
        let urls = TransportName.allCases.map { ($0, $0.url(of: endpoint).redacted.printable) }
        let proxy: Evidence.Proxy? =
            switch self.proxy {
            case .none: nil
            case .proxy(let proxy, let isFromEnvironment):
                Evidence.Proxy(
                    url: "\(proxy)".printable,
                    hasCredentials: proxy.credentials != nil,
                    isFromEnvironment: isFromEnvironment
                )
            case .unusable: Evidence.Proxy(url: "of the environment", hasCredentials: false, isFromEnvironment: true)
            }
        return Evidence(
            base: endpoint.redacted.printable,
            port: endpoint.port ?? (endpoint.isSecure ? 443 : 80),
            isSecure: endpoint.isSecure,
            urls: Dictionary(urls, uniquingKeysWith: { $1 }),
            suffix: suffix,
            topic: assignment.topic,
            proxy: proxy,
            charts: []
        )
    }
}
