internal import PhoenixJSON
internal import PhoenixKit
internal import PhoenixLongPoll
internal import Testing

@Suite("Long-poll plug-in")
struct PluginTests {
    private static var registry: PluginRegistry {
        var registry = PluginRegistry()
        registry.register(TransportPlugin.longPoll)
        registry.register(SerializerPlugin.json)
        return registry
    }

    private static func resolve(_ url: String, _ options: ConnectionOptions) throws -> LongPollTransport {
        let resolution = try registry.resolve(try Endpoint(url), options)
        #expect(resolution.url.lastPathComponent == "longpoll")
        #expect(["http", "https"].contains(resolution.url.scheme))
        return try #require(resolution.transport.base as? LongPollTransport)
    }

    @Test("the suffix and the option longpoll pick the transport, and the schemes are translated")
    func picked() throws {
        let transport = try Self.resolve("wss://h/socket/longpoll", [:])
        #expect(transport.configuration == LongPollTransport.Configuration())
        #expect(transport.engine.name == "URLSession")
        _ = try Self.resolve("ws://h/socket", ["transport": "longpoll", "vsn": "1.0.0"])
        _ = try Self.resolve("http://h/socket", .longPoll())
    }

    @Test("strings set the token's place and the first deadline")
    func strings() throws {
        let transport = try Self.resolve(
            "http://h/longpoll",
            ["longpoll.token": "header", "longpoll.poll-deadline": "90"]
        )
        #expect(transport.configuration == .init(tokenPlace: .header, pollDeadline: .seconds(90)))
        #expect(try Self.resolve("http://h/longpoll", ["longpoll.token": "query"]).configuration == .init())
        for (key, value) in [
            ("longpoll.token", "cookie"), ("longpoll.poll-deadline", "0"), ("longpoll.poll-deadline", "1.5"),
            ("longpoll.poll-deadline", "99999999999999999999"),
        ] {
            let options = ConnectionOptions(strings: [key: value])
            let error = #expect(throws: PhoenixError.self) { try Self.resolve("http://h/longpoll", options) }
            #expect(error?.code == .invalidOption)
        }
    }

    @Test("what the transport can do: no heartbeats, no extensions, binary upstream alone")
    func capabilities() {
        let capabilities = LongPollTransport().capabilities
        #expect(capabilities.name == "longpoll" && capabilities.schemes == .http)
        #expect(!capabilities.needsHeartbeat && !capabilities.supportsWireExtensions)
        #expect(capabilities.upstream == [.text, .binary] && capabilities.downstream == [.text])
    }

    @Test("B30: a serializer that needs binary frames from the server is refused")
    func binaryOnly() throws {
        struct BinarySerializer: Serializer {
            let name = "binary"
            let version = "2.0.0"
            let capabilities = SerializerCapabilities(emits: [.binary], accepts: [.binary], isLineBatchable: false)
            let payloadFormat: any PayloadFormat = JSONFormat()
            func encode(_ message: Message, as role: Role) throws -> Frame { .binary([]) }
            func decode(_ frame: Frame, as role: Role) throws -> Message {
                throw PhoenixError(.decoding, "Not needed here.")
            }
        }
        var options = ConnectionOptions.longPoll()
        options.serializer = .instance(BinarySerializer())
        let error = #expect(throws: PhoenixError.self) { try Self.resolve("http://h/longpoll", options) }
        #expect(error?.code == .incompatible)
    }
}
