import PhoenixJSON
import PhoenixKit
import Testing

@testable import PhoenixTesting

@Suite("A client's proxy", .timeLimit(.minutes(1)))
struct SocketClientProxyTests {
    /// What a transport is told when a client of `registry` and `options` connects.
    private func told(
        _ options: ConnectionOptions,
        _ change: (inout SocketConfiguration) -> Void = { _ in }
    ) async -> ProxySettings {
        let transport = LoopbackTransport()
        var registry = PluginRegistry.empty
        registry.register(TransportPlugin(name: "loopback", schemes: .webSocket) { _ in transport })
        registry.register(SerializerPlugin(name: "json", versions: ["2.0.0"]) { _, _ in JSONSerializer.v2 })
        var options = options
        options.transport = .instance(transport)
        var configuration = SocketConfiguration()
        change(&configuration)
        let client = SocketClient(
            Probe(told: FrameQueue()),
            registry: registry,
            options: options,
            configuration: configuration
        )
        client.start()
        let server = await transport.accept()
        let proxy = server.request.proxy
        client.stop()
        await server.waitForEnd()
        return proxy
    }

    @Test("is the environment's unless something else is said")
    func standard() async {
        #expect(await told([:]) == .environment)
    }

    @Test("is the configuration's where the options say nothing")
    func configured() async {
        #expect(await told([:]) { $0.proxy = .none } == .none)
    }

    @Test("is the options' where they say so")
    func options() async {
        let proxy = ProxySettings.http(host: "p", port: 3128)
        #expect(await told(["proxy": "http://p:3128"]) { $0.proxy = .none } == proxy)
        #expect(await told(ConnectionOptions(proxy: proxy)) { $0.proxy = .none } == proxy)
    }
}
