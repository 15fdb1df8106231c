import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// What a fallback decides, at invented times.
@Suite("Fallback")
struct FallbackTests {
    @Test(
        "a sign of a middlebox leads to the next transport at once",
        arguments: [
            DisconnectReason.refused(407), .refused(501), .refused(502), .refused(400), .refused(200),
            .failed(.upgradeInvalid, in: nil),
            .failed(.timeout, in: .upgrade), .failed(.tls, in: .upgrade), .failed(.unreachable, in: .upgrade),
        ]
    )
    func moves(_ reason: DisconnectReason) throws {
        var bench = try FallbackBench()
        let decision = bench.end(reason)
        #expect(decision.brief == "fallBack longpoll 0.0 seconds")
        #expect(
            decision.explanation.hasPrefix("websocket: ")
                && decision.explanation.hasSuffix(". Trying longpoll at once.")
        )
    }

    @Test(
        "what another transport would not help is tried again on the same, after waits that grow",
        arguments: [
            DisconnectReason.refused(401), .refused(403), .refused(429), .refused(503),
            .failed(.unreachable, in: .connect),
            .failed(.unreachable, in: nil), .failed(.timeout, in: .connect), .failed(.tls, in: .tls),
        ]
    )
    func stays(_ reason: DisconnectReason) throws {
        var bench = try FallbackBench()
        for wait in ["1.0", "2.0", "4.0", "8.0", "16.0", "30.0", "30.0"] {
            #expect(bench.end(reason).brief == "retry websocket \(wait) seconds")
        }
    }

    @Test("connections that open and die unproven lead to the next transport after three in a row")
    func deaths() throws {
        var bench = try FallbackBench()
        var briefs: [String] = []
        for _ in 0..<3 {
            bench.connect()
            briefs.append(bench.end(.cut).brief)
        }
        #expect(
            briefs == ["retry websocket 1.0 seconds", "retry websocket 2.0 seconds", "fallBack longpoll 0.0 seconds"]
        )
    }

    @Test("a connection that lasted ends the row")
    func brokenRow() throws {
        var bench = try FallbackBench()
        for reason in [DisconnectReason.cut, .cut] {
            bench.connect()
            _ = bench.end(reason)
        }
        bench.connect()
        bench.prove()
        bench.clock.advance(by: .seconds(60))
        _ = bench.end(.cut)
        for _ in 0..<2 {
            bench.connect()
            #expect(bench.end(.cut).step == .retry)
        }
        bench.connect()
        #expect(bench.end(.cut).step == .fallBack)
    }

    @Test("connections that answer and are cut soon after lead to the next transport too")
    func cutYoung() throws {
        var bench = try FallbackBench()
        var steps: [Fallback.Decision.Step] = []
        for _ in 0..<3 {
            bench.connect()
            bench.prove()
            bench.clock.advance(by: .milliseconds(200))
            steps.append(bench.end(.cut).step)
        }
        #expect(steps == [.retry, .retry, .fallBack])
    }

    @Test("B35: waits begin anew when a connection has proved itself, not when it has opened")
    func proofResetsBackoff() throws {
        var bench = try FallbackBench { $0.deathsInARow = 100 }
        var waits: [Duration] = []
        for _ in 0..<4 {
            bench.connect()
            waits.append(bench.end(.cut).delay)
        }
        #expect(waits == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        bench.connect()
        bench.prove()
        #expect(bench.end(.cut).delay == .seconds(1))
    }

    @Test("Retry-After lengthens the wait, up to a bound")
    func retryAfter() throws {
        var bench = try FallbackBench()
        #expect(bench.end(.refused(503, [HeaderField("retry-after", "90")])).delay == .seconds(90))
        #expect(bench.end(.refused(429, [HeaderField("retry-after", "86400")])).delay == .seconds(300))
        #expect(bench.end(.refused(429, [HeaderField("retry-after", "0")])).delay == .seconds(4))
    }

    @Test("when the last has failed too, it begins with the first again, after a wait")
    func goesRound() throws {
        var bench = try FallbackBench()
        var briefs: [String] = []
        for _ in 0..<6 { briefs.append(bench.end(.refused(502)).brief) }
        #expect(
            briefs == [
                "fallBack longpoll 0.0 seconds", "startOver websocket 1.0 seconds", "fallBack longpoll 0.0 seconds",
                "startOver websocket 2.0 seconds", "fallBack longpoll 0.0 seconds", "startOver websocket 4.0 seconds",
            ]
        )
    }

    @Test("a lower transport that can no longer be opened gives way to the best one, whatever the reason")
    func lowerFails() throws {
        var bench = try FallbackBench()
        bench.fall()
        bench.clock.advance(by: .seconds(60))
        #expect(bench.end(.cut).brief == "retry longpoll 1.0 seconds")
        #expect(bench.end(.failed(.unreachable, in: .connect)).brief == "startOver websocket 2.0 seconds")
    }

    @Test("what we ended ourselves is no sign, on any transport")
    func ours() throws {
        var bench = try FallbackBench()
        #expect(bench.end(.abandoned).brief == "retry websocket 1.0 seconds")
        bench.fall()
        #expect(bench.end(.closed(1000, by: true)).brief == "retry longpoll 1.0 seconds")
        #expect(bench.end(.abandoned).brief == "retry longpoll 2.0 seconds")
    }

    @Test("B30: a transport that cannot work with the serializer is left out, and the log says why")
    func incompatible() throws {
        var bench = try FallbackBench()
        #expect(bench.end(.refused(502)).step == .fallBack)
        let reason = DisconnectReason.failedToConnect(
            PhoenixError(.incompatible, "Expected a serializer that writes text frames, got one that does not.")
        )
        let decision = bench.end(reason)
        #expect(decision.brief == "startOver websocket 1.0 seconds")
        #expect(decision.explanation.contains("Expected a serializer that writes text frames"))
        #expect(decision.explanation.contains("left out"))
        #expect(bench.end(.refused(502)).brief == "retry websocket 2.0 seconds", "there is nothing else")
        bench.connect()
        bench.prove()
        #expect(bench.fallback.nextProbe == nil)
    }

    @Test("B30: the best transport may be the one that cannot work; it is not probed then")
    func incompatibleBest() throws {
        var bench = try FallbackBench()
        #expect(bench.end(.failed(.incompatible, in: nil)).brief == "fallBack longpoll 0.0 seconds")
        bench.connect()
        bench.prove()
        #expect(bench.fallback.nextProbe == nil)
        #expect(bench.end(.failed(.incompatible, in: nil)).step == .retry, "nothing is left, and it still answers")
    }

    @Test("where the next candidate leads elsewhere, nobody being here counts")
    func elsewhere() throws {
        var bench = try FallbackBench(["wss://a.test/socket/websocket", "wss://b.test/socket/websocket"])
        let refused = DisconnectReason.failed(.unreachable, in: .connect)
        #expect(bench.end(refused).step == .retry)
        #expect(bench.end(refused).step == .retry)
        let decision = bench.end(refused)
        #expect(decision.step == .fallBack && decision.target.endpoint.host == "b.test")
        #expect(decision.explanation.contains("wss://b.test/socket/websocket"), "one name would not tell them apart")
        #expect(bench.fallback.transport == "wss://b.test/socket/websocket")
    }

    @Test("an explanation is one line and holds no secret")
    func explanations() throws {
        var bench = try FallbackBench([
            "wss://server.test/socket/websocket?token=s3cret", "https://server.test/other/websocket?token=s3cret",
        ])
        var lines = [bench.fallback.start().explanation]
        for reason in [
            DisconnectReason.refused(302, [HeaderField("location", "https://portal.test/?token=s3cret")]), .cut,
            .refused(502),
        ] {
            lines.append(bench.end(reason).explanation)
        }
        bench.connect()
        lines.append(bench.prove())
        #expect(lines.allSatisfy { !$0.contains("s3cret") && !$0.contains(where: \.isNewline) && $0.count < 400 })
    }
}
