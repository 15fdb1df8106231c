import Testing

@testable import phx

@Suite("Doctor: report")
struct DoctorReportTests {
    private let evidence = Evidence.made(
        topic: nil,
        suffix: nil,
        proxy: Evidence.environmentProxy,
        direct: [.connect: .kind(.timeout)],
        through: [
            .upgrade: Symptom(.status, "Expected 101, got 502.", status: 502, answeredBy: "box/1"),
            .longPollExchange: .kind(.timeout),
        ]
    )

    private func text(_ style: Style) -> [String] {
        let table = DoctorTable(style: style)
        let rows = evidence.charts.flatMap { chart in
            [table.title(of: chart.route, evidence)] + chart.rows.map(table.line)
        }
        return rows + table.ending(evidence.findings, Verdict(evidence))
    }

    @Test("the whole table")
    func table() {
        let lines = text(Style(isColoured: false))
        #expect(
            lines.prefix(22).joined(separator: "\n") == """
                wss://example.org/socket directly
                  ✓ DNS                    1.00 ms
                  ✗ TCP                    2.00 ms  no answer in time
                  – TLS                             not tried: TCP failed
                  – WebSocket: upgrade              not tried: TCP failed
                  – WebSocket: heartbeat            not tried: TCP failed
                  – WebSocket: deflate              not tried: TCP failed
                  – long poll: open                 not tried: TCP failed
                  – long poll: poll                 not tried: TCP failed
                wss://example.org/socket through the proxy http://proxy:3128
                  ✓ proxy                  1.00 ms
                  ✓ DNS                    1.00 ms
                  ✓ TCP                    1.00 ms
                  ✓ tunnel                 1.00 ms
                  ✓ TLS                    1.00 ms
                  ✗ WebSocket: upgrade     2.00 ms  status 502, by box/1
                  – WebSocket: heartbeat            not tried: the upgrade failed
                  – WebSocket: deflate              not tried: the upgrade failed
                  ✓ long poll: open        1.00 ms
                  ✗ long poll: poll        2.00 ms  no answer in time

                TCP, directly
                """
        )
        #expect(
            lines.suffix(14).joined(separator: "\n") == """
                WebSocket: upgrade, through the proxy
                  Seen:         Expected 101, got 502.
                  Likely cause: Behind this proxy upgrades are answered with 502: something
                                before the server does not pass WebSocket on.
                  What helps:   Use --transport auto or longpoll.

                long poll: poll, through the proxy
                  Seen:         Expected better.
                  Likely cause: Sessions open, but messages do not come back: a proxy holds
                                answers back or cuts them off.
                  What helps:   Allow more with --timeout, and look for a proxy's time limit
                                below the server's window of 10 s.

                Verdict: Nothing works. Behind this proxy upgrades are answered with 502: something before the server does \
                not pass WebSocket on. Use --transport auto or longpoll.
                """
        )
    }

    @Test("colours where they are wanted, and the same text")
    func colours() {
        let coloured = text(Style(isColoured: true)).joined(separator: "\n")
        #expect(coloured.contains("\u{1B}[32m✓") && coloured.contains("\u{1B}[31m✗"))
        let plain = coloured.replacing(/\u{1B}\[\d+m/, with: "")
        #expect(plain == text(Style(isColoured: false)).joined(separator: "\n"))
    }

    @Test("the object of JSON has the keys that the help lists")
    func json() throws {
        var evidence = Evidence.made(
            topic: "room:1",
            transports: [.webSocket],
            proxy: Evidence.environmentProxy,
            direct: [.upgrade: Symptom(.status, "Expected 101, got 502.", status: 502, answeredBy: "box/1")]
        )
        evidence.charts.removeLast()
        let line = try DoctorJSON(evidence, Verdict(evidence)).line
        #expect(
            line
                == #"{"url":"wss://example.org/socket/websocket","topic":"room:1","#
                + #""proxy":{"url":"http://proxy:3128","from":"environment"},"steps":["#
                + #"{"route":"direct","step":"dns","outcome":"ok","milliseconds":1.0},"#
                + #"{"route":"direct","step":"tcp","outcome":"ok","milliseconds":1.0},"#
                + #"{"route":"direct","step":"tls","outcome":"ok","milliseconds":1.0},"#
                + #"{"route":"direct","step":"upgrade","outcome":"failed","milliseconds":2.0,"kind":"status","status":502,"#
                + #""message":"Expected 101, got 502.","answeredBy":"box/1","#
                + #""cause":"On this network upgrades are answered with 502: a gateway does not pass WebSocket on, "#
                + #"or the server behind it is down.","#
                + #""help":"Check the server; if it is up, use --transport auto or longpoll."},"#
                + #"{"route":"direct","step":"heartbeat","outcome":"not-tried","because":"upgrade"},"#
                + #"{"route":"direct","step":"join","outcome":"not-tried","because":"upgrade"},"#
                + #"{"route":"direct","step":"compression","outcome":"not-tried","because":"upgrade"}],"#
                + #""verdict":{"works":false,"text":"Nothing works. On this network upgrades are answered with 502: "#
                + #"a gateway does not pass WebSocket on, or the server behind it is down. "#
                + #"Check the server; if it is up, use --transport auto or longpoll."},"status":69}"#
        )
    }
}
