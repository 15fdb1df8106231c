import NIOCore
import NIOPosix
import Phoenix
import PhoenixTestServer
import PhoenixTesting
import Synchronization
import Testing

@testable import phx

@Suite("Doctor: probes", .timeLimit(.minutes(2)))
struct ProbeTests {
    @Test("a process that is to use one proxy, or none, finds that one alone in its environment")
    func environment() throws {
        let own = [
            "PATH": "/bin", "HTTP_PROXY": "a", "https_proxy": "b", "all_proxy": "c", "NO_PROXY": "*",
            "REQUEST_METHOD": "GET",
        ]
        #expect(ProxyEnvironment.make(from: own, proxy: nil) == ["PATH": "/bin"])
        let proxy = Proxy(
            host: "::1",
            port: 3_128,
            credentials: ProxyCredentials(user: "ä@", password: "p:/%\u{1F600}")
        )
        let made = ProxyEnvironment.make(from: own, proxy: proxy)
        #expect(made["PATH"] == "/bin" && made.count == 3)
        #expect(made["http_proxy"] == "http://%C3%A4%40:p%3A%2F%25%F0%9F%98%80@[::1]:3128")
        for url in ["http://example.org", "wss://example.org"] {
            let found = try ProxySettings.environment.proxy(for: Endpoint(url), environment: made)
            #expect(found == proxy, "what is written is what is read")
        }
    }

    @Test("what came of a step crosses to another process; nonsense does not")
    func reports() throws {
        let symptom = Symptom(.status, "Expected\n101", status: 502, answeredBy: "ü")
        for outcome in [Outcome.passed(.milliseconds(3), "a\"b"), .failed(.seconds(2), symptom)] {
            let line = try #require(StepReport(.longPollOpen, outcome)?.line)
            #expect(!line.contains("\n"))
            let content = try #require(StepReport(line: line)?.content)
            #expect(content == (.longPollOpen, outcome))
        }
        #expect(StepReport(.longPollOpen, .notTried(because: .connect)) == nil)
        for line in ["", "x", "{}", #"{"step":"nope","seconds":1}"#, #"{"step":"dns"}"#] {
            #expect(StepReport(line: line) == nil, "\(line)")
        }
        let long = try #require(StepReport(line: #"{"step":"dns","seconds":1e300}"#)?.content.1)
        #expect(long == .passed(.seconds(1e6), ""))
    }

    @Test("the system's resolver: addresses, and the certainty that there are none")
    func names() async throws {
        let addresses = try await NameLookup.addresses(of: "localhost")
        #expect(addresses.contains("127.0.0.1") || addresses.contains("::1"), "\(addresses)")
        #expect(try await NameLookup.addresses(of: "127.0.0.1") == ["127.0.0.1"])
        await #expect(throws: LookupFailure.self) { _ = try await NameLookup.addresses(of: "not a name") }
    }

    @Test("a lookup that is cancelled returns, whatever the resolver does")
    func cancelledLookup() async {
        let lookup = Task { try await NameLookup.addresses(of: "phx.invalid") }
        lookup.cancel()
        await #expect(throws: (any Error).self) { _ = try await lookup.value }
    }

    @Test("of several addresses the one that answers is taken, and the others are told")
    func dialer() async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            let port = try #require(UInt16(exactly: server.port))
            let dialer = Dialer(port: port, timeout: .seconds(20), clock: SystemClock())
            let result = await dialer.connect(
                to: ["127.0.0.2", "127.0.0.1"],
                on: MultiThreadedEventLoopGroup.singleton.next()
            )
            #expect(result.address == "127.0.0.1")
            #expect(result.attempts.map(\.address) == ["127.0.0.2", "127.0.0.1"])
            #expect(result.attempts[0].error != nil && result.attempts[1].error == nil)
            try await result.channel?.close()
        }
    }

    @Test("steps are measured one after the other; after one that failed nothing more is told")
    func watch() {
        let clock = TestClock()
        let told = Mutex<[(Step, Outcome)]>([])
        let watch = StepWatch([.tls, .upgrade, .heartbeat], clock: clock) { step, outcome in
            told.withLock { $0.append((step, outcome)) }
        }
        clock.advance(by: .milliseconds(5))
        watch.passed("a")
        clock.advance(by: .milliseconds(7))
        watch.failed(.kind(.timeout))
        watch.passed("b")
        watch.failed(.kind(.closed))
        let all = told.withLock { $0 }
        #expect(all.map(\.0) == [.tls, .upgrade])
        #expect(all.map(\.1) == [.passed(.milliseconds(5), "a"), .failed(.milliseconds(7), .kind(.timeout))])
    }

    @Test("an operation that takes too long ends with its deadline, one that fails with its own error")
    func deadline() async {
        let clock = TestClock()
        await #expect(throws: PhoenixError.self) {
            try await within(.seconds(5), of: clock, "an end") {
                while clock.sleeperCount == 0 { await Task.yield() }
                clock.advance(by: .seconds(5))
                // Ended by the deadline long before.
                let system = SystemClock()
                try await system.sleep(until: system.now + .seconds(30))
            }
        }
        await #expect(throws: LookupFailure.self) {
            try await within(.seconds(5), of: clock, "an end") { throw LookupFailure(isCertain: true, reason: "") }
        }
    }
}
