import Testing

@testable import phx

@Suite("Doctor: chart")
struct ChartTests {
    private func chart(
        _ route: Route = .direct,
        isSecure: Bool = true,
        joins: Bool = true,
        transports: Set<TransportName> = [.webSocket, .longPoll],
        compression: Bool = true
    ) -> Chart {
        Chart(
            Chart.Plan(
                route: route,
                isSecure: isSecure,
                joins: joins,
                transports: transports,
                triesCompression: compression
            )
        )
    }

    @Test("the steps are those that the route, the URL, the topic and the transports ask for")
    func steps() {
        #expect(
            chart().steps == [
                .name, .connect, .tls, .upgrade, .heartbeat, .join, .compression, .longPollOpen, .longPollExchange,
                .longPollJoin,
            ]
        )
        #expect(
            chart(.proxy, isSecure: false, joins: false, compression: false).steps == [
                .settings, .name, .connect, .tunnel, .upgrade, .heartbeat, .longPollOpen, .longPollExchange,
            ]
        )
        #expect(
            chart(.proxy, transports: [.longPoll], compression: false).steps == [
                .settings, .name, .connect, .longPollOpen, .longPollExchange, .longPollJoin,
            ]
        )
    }

    @Test("what depends on a failed step is not tried, and says because of which")
    func dependents() {
        var chart = chart(.proxy)
        func row(_ step: Step, _ outcome: Outcome) -> Chart.Row {
            Chart.Row(route: .proxy, step: step, outcome: outcome)
        }
        let passed = Outcome.passed(.milliseconds(1), "")
        for step in [Step.settings, .name, .connect] {
            #expect(chart.record(passed, of: step) == [row(step, passed)])
        }
        let failed = Outcome.failed(.milliseconds(2), .proxyStatus(407))
        #expect(
            chart.record(failed, of: .tunnel) == [
                row(.tunnel, failed), row(.tls, .notTried(because: .tunnel)),
                row(.upgrade, .notTried(because: .tunnel)),
                row(.heartbeat, .notTried(because: .tunnel)), row(.join, .notTried(because: .tunnel)),
                row(.compression, .notTried(because: .tunnel)),
            ],
            "long polling has its own library open the way"
        )
        #expect(chart.isOpen(.longPollOpen) && !chart.isOpen(.upgrade))
        #expect(chart.record(passed, of: .upgrade).isEmpty, "what is known stays")
        #expect(chart.record(passed, of: .longPollOpen) == [row(.longPollOpen, passed)])
        #expect(
            chart.record(failed, of: .longPollExchange) == [
                row(.longPollExchange, failed), row(.longPollJoin, .notTried(because: .longPollExchange)),
            ]
        )
        #expect(chart.steps.allSatisfy { !chart.isOpen($0) })
    }

    @Test("without TCP nothing is tried; a failed join keeps nothing from being tried")
    func roots() {
        var chart = chart()
        #expect(chart.record(.failed(.zero, .kind(.noSuchHost)), of: .name).count == chart.steps.count)
        var joined = self.chart()
        for step in [Step.name, .connect, .tls, .upgrade, .heartbeat] {
            _ = joined.record(.passed(.zero, ""), of: step)
        }
        #expect(joined.record(.failed(.zero, .kind(.denied)), of: .join).count == 1)
        #expect(joined.isOpen(.compression) && joined.isOpen(.longPollOpen))
    }

    @Test("a transport works when everything that was asked of it passed")
    func works() {
        #expect(Evidence.made().works(.webSocket, .direct) && Evidence.made().works(.longPoll, .direct))
        let denied = Evidence.made(direct: [.join: .kind(.denied)])
        #expect(!denied.works(.webSocket, .direct) && denied.chart(.direct)?.answers(.webSocket) == true)
        let uncompressed = Evidence.made(direct: [.compression: .kind(.closed)])
        #expect(uncompressed.works(.webSocket, .direct))
        #expect(!Evidence.made(transports: [.longPoll]).works(.webSocket, .direct))
        #expect(!Evidence.made().works(.webSocket, .proxy))
    }
}
