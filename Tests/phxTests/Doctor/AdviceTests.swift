import Phoenix
import Testing

@testable import phx

@Suite("Doctor: advice")
struct AdviceTests {
    /// A failure, and what must be said about it.
    struct Example: Sendable, CustomTestStringConvertible {
        var step: Step
        var symptom: Symptom
        var cause: String
        var help: String
        var evidence: Evidence
        var route = Route.direct

        var testDescription: String { "\(step) \(symptom.kind) \(symptom.status ?? 0) \(route)" }

        init(_ step: Step, _ symptom: Symptom, _ cause: String, _ help: String) {
            self.init(step, symptom, cause, help, .made(direct: [step: symptom]))
        }

        init(
            _ step: Step,
            _ symptom: Symptom,
            _ cause: String,
            _ help: String,
            _ evidence: Evidence,
            _ route: Route = .direct
        ) {
            (self.step, self.symptom, self.cause, self.help) = (step, symptom, cause, help)
            (self.evidence, self.route) = (evidence, route)
        }

        /// A failure behind a proxy of the environment, where the direct way fails by `direct`.
        init(
            proxied step: Step,
            _ symptom: Symptom,
            _ cause: String,
            _ help: String,
            direct: [Step: Symptom] = [.connect: .kind(.timeout)],
            also: [Step: Symptom] = [:],
            isSecure: Bool = true,
            proxy: Evidence.Proxy = Evidence.environmentProxy
        ) {
            self.init(
                step,
                symptom,
                cause,
                help,
                .made(isSecure: isSecure, proxy: proxy, direct: direct, through: also.merging([step: symptom]) { $1 }),
                .proxy
            )
        }
    }

    static let examples: [Example] = [
        // The host.
        Example(.name, .kind(.noSuchHost), "No name service knows the name", "host's name in the URL"),
        Example(.name, .kind(.nameService), "name service does not answer", "resolv.conf"),
        Example(.name, .kind(.timeout), "name service does not answer", "resolv.conf"),
        Example(
            .name,
            .kind(.noSuchHost),
            "leaves it to the proxy to find names",
            "through the proxy",
            .made(proxy: Evidence.environmentProxy, direct: [.name: .kind(.noSuchHost)])
        ),
        Example(proxied: .name, .kind(.noSuchHost), "No name service knows", "the proxy's name in http_proxy"),
        Example(.connect, .kind(.refused), "Nothing listens at this port", "that the server runs"),
        Example(.connect, .kind(.timeout), "firewall drops", "--proxy http://host:port"),
        Example(.connect, .kind(.unreachable), "no way from this network", "--proxy http://host:port"),
        Example(
            .connect,
            .kind(.timeout),
            "nobody out but the proxy",
            "Keep going through the proxy",
            .made(proxy: Evidence.environmentProxy, direct: [.connect: .kind(.timeout)])
        ),
        Example(proxied: .connect, .kind(.refused), "No proxy listens there", "the proxy's address and port"),
        Example(proxied: .connect, .kind(.timeout), "proxy does not answer", "which works: --proxy none", direct: [:]),
        Example(proxied: .settings, .kind(.settings), "proxy that is set cannot be used", "--proxy none", direct: [:]),
        // The tunnel.
        Example(
            proxied: .tunnel,
            .proxyStatus(407),
            "asks for a user and a password",
            "http://user:password@host:port"
        ),
        Example(
            proxied: .tunnel,
            .proxyStatus(407),
            "does not take the user and the password",
            "percent-encoded",
            proxy: Evidence.ownProxy
        ),
        Example(
            proxied: .tunnel,
            .proxyStatus(403),
            "no tunnel to port 80",
            "--transport auto or longpoll",
            isSecure: false
        ),
        Example(proxied: .tunnel, .proxyStatus(403), "no tunnel to port 443", "Have the host and the port allowed"),
        Example(proxied: .tunnel, .proxyStatus(405), "opens no tunnels, or is no proxy", "address and port"),
        Example(proxied: .tunnel, .proxyStatus(502), "did not get through to the server", "no_proxy"),
        Example(proxied: .tunnel, .proxyStatus(302), "log in first", "browser"),
        Example(proxied: .tunnel, .kind(.proxyInvalid), "no HTTP proxy", "--proxy none", direct: [:]),
        Example(proxied: .tunnel, .kind(.timeout), "does not answer", "Try again"),
        // TLS.
        Example(.tls, .kind(.untrusted), "not trusted here", "--cacert FILE"),
        Example(.tls, .kind(.wrongHost), "for another host", "host in the URL"),
        Example(.tls, .kind(.noTLS), "speaks no TLS", "ws://"),
        Example(.tls, .kind(.tls), "cut TLS off", "--proxy"),
        // The upgrade.
        Example(.upgrade, .status(502), "answered with 502", "--transport auto or longpoll, which gets through"),
        Example(
            .upgrade,
            .status(502),
            "or the server behind it is down",
            "if it is up, use --transport auto or longpoll",
            .made(direct: [.upgrade: .status(502), .longPollOpen: .status(502)])
        ),
        Example(
            proxied: .upgrade,
            .status(502),
            "Behind this proxy upgrades are answered with 502",
            "--transport auto or longpoll, which gets through"
        ),
        Example(
            .upgrade,
            .status(400),
            "does not pass WebSocket on",
            "longpoll once the server serves it (longpoll: true)",
            .made(direct: [.upgrade: .status(400), .longPollOpen: .status(404)])
        ),
        Example(.upgrade, .status(403), "takes this client, but not by WebSocket", "--transport auto or longpoll"),
        Example(
            .upgrade,
            .status(403),
            "refuses this client",
            "--auth-token",
            .made(direct: [.upgrade: .status(403), .longPollOpen: .status(403)])
        ),
        Example(.upgrade, .status(404), "serves no WebSocket", "longpoll"),
        Example(
            .upgrade,
            .status(404),
            "no socket at this path",
            "ends in /websocket",
            .made(direct: [.upgrade: .status(404), .longPollOpen: .status(404)])
        ),
        Example(.upgrade, .status(407), "asks for credentials", "--proxy http://user:password"),
        Example(.upgrade, .status(429), "too many connections", "later"),
        Example(.upgrade, .status(500), "server failed", "auth_token: true"),
        Example(.upgrade, .kind(.timeout), "never answered", "longpoll, which gets through"),
        Example(.upgrade, .kind(.closed), "cut when the upgrade is seen", "longpoll"),
        Example(.upgrade, .kind(.invalid), "does not speak WebSocket", "scheme, port and path"),
        Example(.heartbeat, .kind(.timeout), "upgrade passes, but messages do not", "longpoll, which gets through"),
        Example(.compression, .kind(.closed), "Without permessage-deflate it works", "no --compression"),
        // Joins.
        Example(.join, .kind(.denied), "does not want this join", "--join-payload"),
        Example(.join, .kind(.timeout), "takes longer", "--timeout"),
        Example(.longPollJoin, .kind(.closed), "lost over the join", "server's log"),
        // Long polling.
        Example(.longPollOpen, .status(404), "off by default", "longpoll: true"),
        Example(
            .longPollOpen,
            .status(404),
            "no socket at this path, or",
            "Check the path",
            .made(direct: [.upgrade: .status(404), .longPollOpen: .status(404)])
        ),
        Example(.longPollOpen, .status(403), "refuses this client", "--auth-token"),
        Example(.longPollOpen, .kind(.timeout), "not answered in time", "--timeout"),
        Example(.longPollOpen, .kind(.untrusted), "roots of the system alone", "use WebSocket with --cacert"),
        Example(.longPollOpen, .kind(.tool), "could not be run", "fault of phx"),
        Example(proxied: .longPollOpen, .status(407), "asks for a user", "http://user:password@host:port"),
        Example(.longPollExchange, .status(410), "different servers in turn", "sticky sessions"),
        Example(.longPollExchange, .status(404), "later requests are answered with 404", "rules for POST"),
        Example(.longPollExchange, .kind(.timeout), "messages do not come back", "--timeout"),
    ]

    @Test("each failure has its likely cause and what helps", arguments: examples)
    func advice(example: Example) throws {
        let finding = try #require(
            example.evidence.findings.first { $0.step == example.step && $0.route == example.route }
        )
        #expect(finding.symptom == example.symptom)
        #expect(finding.cause.contains(example.cause), "\(finding.cause)")
        #expect(finding.help.contains(example.help), "\(finding.help)")
    }

    @Test("every kind of failure of every step has sentences to it")
    func complete() {
        for step in Step.allCases {
            for symptom in [Symptom.kind(.invalid), .status(599), .proxyStatus(599), .kind(.tool), .kind(.unreachable)]
            {
                let words = Advice(.made(proxy: Evidence.ownProxy), .proxy, step, symptom).words
                for sentence in [words.cause, words.help] {
                    #expect(sentence.hasSuffix(".") && sentence.count > 10, "\(step) \(symptom): \(sentence)")
                }
            }
        }
    }

    @Test("errors of the transports are read for what they are signs of")
    func symptoms() {
        func symptom(_ code: PhoenixError.Code, _ message: String, _ cause: (any Error)? = nil) -> Symptom {
            Symptom(PhoenixError(code, message, cause: cause))
        }
        let refusal = UpgradeRefusal(
            status: 502,
            headers: [HeaderField("server", "nginx"), HeaderField("via", "1.1 box\u{1B}")],
            body: Bytes()
        )
        let refused = symptom(.upgradeRefused, "no", refusal)
        #expect(refused.kind == .status && refused.status == 502)
        #expect(refused.answeredBy == #"nginx, via 1.1 box\u{1b}"#)
        let tunnel = symptom(.proxyRefused, "no", ProxyRefusal(status: 407))
        #expect(tunnel.kind == .proxyStatus && tunnel.status == 407 && tunnel.answeredBy == nil)
        #expect(symptom(.proxyInvalid, "no").kind == .proxyInvalid)
        #expect(symptom(.timeout, "no").kind == .timeout)
        #expect(symptom(.disconnected, "no").kind == .closed)
        #expect(symptom(.upgradeInvalid, "no").kind == .invalid)
        #expect(Symptom(CancellationError()).kind == .tool)
    }
}
