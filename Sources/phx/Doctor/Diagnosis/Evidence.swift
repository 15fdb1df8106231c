/// All that a diagnosis goes by: what was asked for, and what came of it.
struct Evidence: Sendable {
    /// A proxy, as far as it may be told.
    struct Proxy: Sendable, Hashable {
        /// Its URL without user and password.
        var url: String
        var hasCredentials: Bool
        /// Whether the environment names it, so that clients take it by themselves.
        var isFromEnvironment: Bool
    }

    /// The socket's URL without a transport's suffix, without secrets.
    var base: String
    /// The port of the server.
    var port: UInt16
    var isSecure: Bool
    /// The socket's URL for each transport, without secrets.
    var urls: [TransportName: String]
    /// The transport that the URL's suffix names.
    var suffix: TransportName?
    var topic: String?
    var proxy: Proxy?
    /// The routes that were tried, and what came of it.
    var charts: [Chart]

    /// The route that a client takes by itself.
    var usualRoute: Route { proxy == nil ? .direct : .proxy }

    func chart(_ route: Route) -> Chart? { charts.first { $0.route == route } }

    func passed(_ step: Step, _ route: Route) -> Bool { chart(route)?.passed(step) ?? false }

    func works(_ transport: TransportName, _ route: Route) -> Bool { chart(route)?.works(transport) ?? false }

    /// What is wrong, in the order in which it was found.
    var findings: [Finding] {
        charts.flatMap(\.rows).compactMap { row in
            row.outcome.symptom.map { symptom in
                let (cause, help) = Advice(self, row.route, row.step, symptom).words
                return Finding(route: row.route, step: row.step, symptom: symptom, cause: cause, help: help)
            }
        }
    }
}
