import Testing

@testable import phx

@Suite("Doctor: verdict")
struct VerdictTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var evidence: Evidence
        var text: String
        var status = Status.ok

        var testDescription: String { text }
    }

    private static let broken: [Step: Symptom] = [.upgrade: .status(502)]
    private static let closed: [Step: Symptom] = [.connect: .kind(.timeout)]

    static let examples = [
        Example(evidence: .made(), text: "Use WebSocket; no settings are needed."),
        Example(evidence: .made(suffix: nil), text: "Use WebSocket; no settings are needed."),
        Example(
            evidence: .made(suffix: .longPoll),
            text: "Use WebSocket, with the URL wss://example.org/socket/websocket."
        ),
        Example(
            evidence: .made(direct: broken),
            text:
                "Use long polling, with the URL https://example.org/socket/longpoll (--transport auto finds that out by itself)."
        ),
        Example(
            evidence: .made(suffix: nil, direct: broken),
            text: "Use long polling, with --transport longpoll (--transport auto finds that out by itself)."
        ),
        Example(evidence: .made(suffix: .longPoll, direct: broken), text: "Use long polling; no settings are needed."),
        Example(
            evidence: .made(proxy: Evidence.environmentProxy),
            text: "Use WebSocket through the proxy http://proxy:3128; no settings are needed."
        ),
        Example(
            evidence: .made(proxy: Evidence.environmentProxy, through: [.tunnel: .proxyStatus(407)]),
            text: "Use WebSocket without the proxy, with --proxy none."
        ),
        Example(
            evidence: .made(proxy: Evidence.ownProxy, direct: closed),
            text: "Use WebSocket through the proxy http://…@proxy:3128, with --proxy http://…@proxy:3128."
        ),
        Example(
            evidence: .made(proxy: Evidence.ownProxy, through: closed),
            text: "Use WebSocket without the proxy; no settings are needed."
        ),
        Example(
            evidence: .made(suffix: nil, proxy: Evidence.environmentProxy, direct: closed, through: broken),
            text: "Use long polling through the proxy http://proxy:3128, with --transport longpoll "
                + "(--transport auto finds that out by itself)."
        ),
        Example(
            evidence: .made(direct: [.compression: .kind(.closed)]),
            text: "Use WebSocket; no settings are needed; leave permessage-deflate off."
        ),
        Example(
            evidence: .made(direct: [.join: .kind(.denied), .longPollJoin: .kind(.denied)]),
            text: "WebSocket works, but the join is denied: Check the topic, --join-payload, --param and --auth-token.",
            status: .joinDenied
        ),
        Example(
            evidence: .made(direct: broken.merging([.longPollJoin: .kind(.timeout)]) { $1 }),
            text: "Long polling works, but the join fails: Allow more with --timeout, or look into the server's log.",
            status: .unreachable
        ),
        Example(
            evidence: .made(direct: [.upgrade: .status(403), .longPollOpen: .status(403)]),
            text: "Nothing works. The socket refuses this client. Check --auth-token, --param, --header and --vsn.",
            status: .refused
        ),
        Example(
            evidence: .made(direct: [.name: .kind(.noSuchHost)]),
            text: "Nothing works. No name service knows the name. Check the host's name in the URL.",
            status: .unreachable
        ),
        Example(
            evidence: .made(
                proxy: Evidence.environmentProxy,
                direct: [.upgrade: .status(404), .longPollOpen: .status(404)],
                through: closed
            ),
            text: "Nothing works. There is no socket at this path. Check the path against the endpoint's "
                + "`socket \"/socket\", …`; the URL ends in /websocket.",
            status: .unreachable
        ),
    ]

    @Test("one line says which transport to use, by which way, with which settings", arguments: examples)
    func verdict(example: Example) {
        let verdict = Verdict(example.evidence)
        #expect(verdict.text == example.text)
        #expect(verdict.status == example.status)
        #expect((verdict.transport != nil) == (example.status == .ok))
    }
}
