import PhoenixJSON
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

@Suite("The transports of a fallback")
struct FallbackTransportsTests {
    private var registry: PluginRegistry { TwoWays.registry(LoopbackTransport(), LoopbackTransport()) }

    @Test(
        "the same socket over another transport: its suffix and its scheme, all else as it is",
        arguments: [
            ("wss://h.test/socket/websocket", "longpoll", "https://h.test/socket/longpoll"),
            ("wss://h.test/socket/websocket", "websocket", "wss://h.test/socket/websocket"),
            ("http://h.test:4000/a/b/longpoll?x=1&y", "websocket", "ws://h.test:4000/a/b/websocket?x=1&y"),
            ("ws://h.test/socket", "longpoll", "http://h.test/socket/longpoll"),
            ("ws://h.test/socket/", "longpoll", "http://h.test/socket/longpoll"),
            ("https://h.test", "websocket", "wss://h.test/websocket"),
            ("wss://[::1]:4443/longpoll/websocket", "longpoll", "https://[::1]:4443/longpoll/longpoll"),
        ]
    )
    func twin(_ text: String, _ transport: String, _ expected: String) throws {
        let target = try ConnectionTarget(
            endpoint: Endpoint(text),
            parameters: ["user": "ada"],
            headers: [HeaderField("x-a", "b")],
            authToken: "s3cret"
        )
        var twin = target
        twin.endpoint = try Endpoint(expected)
        #expect(try target.over(transport, in: registry) == twin)
    }

    @Test("schemes of a third party's own are understood")
    func thirdParty() throws {
        var registry = registry
        let schemes = TransportCapabilities.Schemes(plain: "coap", secure: "coaps")
        registry.register(TransportPlugin(name: "carrier", schemes: schemes) { _ in LoopbackTransport() })
        let target = try ConnectionTarget("coaps://h.test/socket/carrier")
        #expect(try target.over("websocket", in: registry).endpoint.redacted == "wss://h.test/socket/websocket")
        #expect(
            try ConnectionTarget("ws://h.test/socket/websocket").over("carrier", in: registry).endpoint.redacted
                == "coap://h.test/socket/carrier"
        )
    }

    @Test("what is not registered, no transport at all and a foreign scheme are refused")
    func refused() throws {
        let target = try ConnectionTarget("wss://h.test/socket/websocket")
        #expect(throws: PhoenixError.self) { try target.over("carrier", in: registry) }
        #expect(throws: PhoenixError.self) { try Fallback(target, over: [], in: registry) }
        #expect(throws: PhoenixError.self) { try ConnectionTarget("ftp://h.test/x").over("websocket", in: registry) }
        let fallback = try Fallback(target, over: ["websocket", "longpoll"], in: registry)
        #expect(
            fallback.candidates.map(\.endpoint.redacted) == [
                "wss://h.test/socket/websocket", "https://h.test/socket/longpoll",
            ]
        )
    }
}
