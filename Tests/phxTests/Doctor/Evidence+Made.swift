@testable import phx

extension Evidence {
    static let environmentProxy = Evidence.Proxy(
        url: "http://proxy:3128",
        hasCredentials: false,
        isFromEnvironment: true
    )
    static let ownProxy = Evidence.Proxy(url: "http://…@proxy:3128", hasCredentials: true, isFromEnvironment: false)

    /// What came of a socket at `wss://example.org/socket` where every step passed but those given.
    static func made(
        isSecure: Bool = true,
        topic: String? = "room:1",
        suffix: TransportName? = .webSocket,
        transports: Set<TransportName> = [.webSocket, .longPoll],
        proxy: Evidence.Proxy? = nil,
        direct: [Step: Symptom] = [:],
        through: [Step: Symptom] = [:]
    ) -> Evidence {
        let (plain, web) = isSecure ? ("https", "wss") : ("http", "ws")
        var evidence = Evidence(
            base: "\(web)://example.org/socket",
            port: isSecure ? 443 : 80,
            isSecure: isSecure,
            urls: [
                .webSocket: "\(web)://example.org/socket/websocket",
                .longPoll: "\(plain)://example.org/socket/longpoll",
            ],
            suffix: suffix,
            topic: topic,
            proxy: proxy,
            charts: []
        )
        for route in proxy == nil ? [Route.direct] : [.direct, .proxy] {
            var chart = Chart(
                Chart.Plan(
                    route: route,
                    isSecure: isSecure,
                    joins: topic != nil,
                    transports: transports,
                    triesCompression: transports.contains(.webSocket)
                )
            )
            let symptoms = route == .direct ? direct : through
            for step in chart.steps {
                _ = chart.record(
                    symptoms[step].map { .failed(.milliseconds(2), $0) } ?? .passed(.milliseconds(1), ""),
                    of: step
                )
            }
            evidence.charts.append(chart)
        }
        return evidence
    }
}

extension Symptom {
    static func status(_ number: Int) -> Symptom { Symptom(.status, "Expected 101, got \(number).", status: number) }
    static func proxyStatus(_ number: Int) -> Symptom { Symptom(.proxyStatus, "Got \(number).", status: number) }
    static func kind(_ kind: Kind) -> Symptom { Symptom(kind, "Expected better.") }
}
