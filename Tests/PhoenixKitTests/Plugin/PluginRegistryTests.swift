import PhoenixKit
import PhoenixTesting
import Testing

@Suite("The registry")
struct PluginRegistryTests {
    private static let registry: PluginRegistry = {
        var registry = PluginRegistry.empty
        registry.register(
            TransportPlugin(name: "websocket", schemes: .webSocket, optionKeys: ["websocket.speed"]) {
                guard $0.options["websocket.speed"] != "bad" else { throw Odd() }
                return LoopbackTransport()
            }
        )
        registry.register(
            TransportPlugin(name: "longpoll", schemes: .http) { _ in
                LoopbackTransport(
                    capabilities: TransportCapabilities(
                        name: "longpoll",
                        schemes: .http,
                        needsHeartbeat: false,
                        downstream: [.text]
                    )
                )
            }
        )
        registry.register(
            SerializerPlugin(name: "json", versions: ["2.0.0", "1.0.0"]) { version, _ in
                Fake(name: "json", version: version, kinds: version == "1.0.0" ? [.text] : [.text, .binary])
            }
        )
        registry.register(
            SerializerPlugin(name: "pack", versions: ["2.0.0"]) { version, _ in
                Fake(name: "pack", version: version, kinds: [.binary])
            }
        )
        registry.register(WireExtensionPlugin(name: "squeeze") { _ in Squeeze() })
        return registry
    }()

    private struct Odd: Error {}

    private func resolve(
        _ url: String,
        _ options: ConnectionOptions = [:],
        _ parameters: Parameters = [:],
        registry: PluginRegistry = Self.registry
    ) throws -> Resolution<AnyTransport, AnySerializer> {
        try registry.resolve(Endpoint(url), options, parameters: parameters)
    }

    private func refusal(
        _ url: String,
        _ options: ConnectionOptions = [:],
        _ parameters: Parameters = [:],
        registry: PluginRegistry = Self.registry
    ) -> PhoenixError? {
        do {
            _ = try resolve(url, options, parameters, registry: registry)
            return nil
        } catch {
            return error as? PhoenixError
        }
    }

    @Test("rule 1: the exact last path component picks the transport")
    func suffix() throws {
        #expect(try resolve("ws://h/socket/websocket").transport.capabilities.name == "websocket")
        #expect(try resolve("ws://h/socket/longpoll").transport.capabilities.name == "longpoll")
        #expect(try resolve("ws://h/websocket/longpoll?x=/websocket").transport.capabilities.name == "longpoll")
        for url in ["ws://h/websocketish", "ws://h/socket", "ws://h/websocket/", "ws://h", "ws://h/WebSocket"] {
            #expect(refusal(url)?.code == .unknownTransport, "\(url)")
        }
    }

    @Test("rule 1: without a known suffix the option picks, and its suffix is appended")
    func optionPicks() throws {
        #expect(
            try resolve("ws://h/socket", ["transport": "longpoll"]).url.requestTarget == "/socket/longpoll?vsn=2.0.0"
        )
        #expect(try resolve("ws://h/socket/", ["transport": "websocket"]).url.path == "/socket/websocket")
        #expect(try resolve("ws://h", ["transport": "websocket"]).url.path == "/websocket")
        #expect(try resolve("ws://h/s/websocket", ["transport": "websocket"]).url.path == "/s/websocket")
        #expect(refusal("ws://h/s/websocket", ["transport": "longpoll"])?.code == .invalidOption, "they contradict")
    }

    @Test("rule 1: what is unknown lists what is registered")
    func lists() throws {
        #expect(refusal("ws://h/socket")?.message.contains("/websocket, /longpoll") == true)
        let named = try #require(refusal("ws://h/socket", ["transport": "pigeon"]))
        #expect(named.message.contains("websocket, longpoll") && named.message.contains("pigeon"))
        let serializer = try #require(refusal("ws://h/websocket", ["serializer": "xml"]))
        #expect(serializer.code == .unknownSerializer && serializer.message.contains("json, pack, squeeze"))
        let option = try #require(refusal("ws://h/websocket", ["transprot": "x"]))
        #expect(
            option.code == .invalidOption && option.message.contains("transport")
                && option.message.contains("transprot")
        )
        #expect(refusal("ws://h/websocket", ["compression": "lz"])?.message.contains("squeeze") == true)
        #expect(refusal("ws://h/websocket", registry: .empty)?.message.contains("none is registered") == true)
    }

    @Test(
        "rule 2: schemes are translated to the transport's; others are refused; the query survives",
        arguments: [
            ("ws", "websocket", "ws"), ("wss", "websocket", "wss"), ("http", "websocket", "ws"),
            ("https", "websocket", "wss"),
            ("ws", "longpoll", "http"), ("wss", "longpoll", "https"), ("https", "longpoll", "https"),
        ]
    )
    func schemes(given: String, transport: String, spoken: String) throws {
        let resolution = try resolve("\(given)://h:1/s/\(transport)?a=1&b=%20+", [:], ["c": "d e"])
        #expect(resolution.url.scheme == spoken)
        #expect(resolution.url.query == "a=1&b=%20+&c=d%20e&vsn=2.0.0")
        #expect(refusal("ftp://h/s/\(transport)")?.code == .invalidURL)
    }

    @Test("rule 3: vsn in the URL or the options picks the serializer; both and different is an error")
    func versions() throws {
        #expect(try resolve("ws://h/websocket").serializer.version == "2.0.0")
        #expect(try resolve("ws://h/websocket?vsn=1.0.0").serializer.version == "1.0.0")
        #expect(try resolve("ws://h/websocket?vsn=1.0.0").url.query == "vsn=1.0.0", "not given twice")
        #expect(try resolve("ws://h/websocket", ["vsn": "1.0.0"]).serializer.version == "1.0.0")
        #expect(try resolve("ws://h/websocket", ["version": "1.0.0"]).url.query == "vsn=1.0.0")
        #expect(try resolve("ws://h/websocket", [:], ["vsn": "1.0.0"]).serializer.version == "1.0.0")
        #expect(try resolve("ws://h/websocket?vsn=2.0.5").serializer.version == "2.0.0", "~> 2.0.0")
        #expect(try resolve("ws://h/websocket?vsn=2.0.0", ["vsn": "2.0.0"]).serializer.version == "2.0.0")
        #expect(refusal("ws://h/websocket?vsn=1.0.0", ["vsn": "2.0.0"])?.code == .versionConflict)
        #expect(refusal("ws://h/websocket", ["vsn": "1.0.0", "version": "2.0.0"])?.code == .versionConflict)
        for odd in ["3.0.0", "2.1.3", "2", "abc", "", "2.0.x", "2...0.0", "2.0.0.", "+2.0.0", "2.0.+0", "2.0.00"] {
            #expect(refusal("ws://h/websocket?vsn=\(odd)")?.code == .unknownSerializer, "\(odd)")
        }
        #expect(try resolve("ws://h/websocket?vsn=2.0.0&vsn=1.0.0").serializer.version == "1.0.0", "the last counts")
    }

    @Test(
        "rule 4: extensions are named with the serializer, alone, or as compression",
        arguments: [
            ["serializer": "json+squeeze"], ["serializer": "squeeze"], ["compression": "squeeze"],
            ["serializer": "squeeze+json", "compression": "squeeze"],
        ]
    )
    func extensions(strings: [String: String]) throws {
        let resolution = try resolve("ws://h/websocket", ConnectionOptions(strings: strings))
        #expect(resolution.wireExtensions.map(\.name) == ["squeeze"])
        #expect(resolution.serializer.name == "json")
        let elsewhere = try resolve("ws://h/longpoll", ConnectionOptions(strings: strings))
        #expect(elsewhere.wireExtensions.isEmpty)
        #expect(elsewhere.notes.contains { $0.contains("squeeze does not apply to the transport longpoll") })
    }

    @Test("rule 4: compression none is none, and a plug-in's own options reach it")
    func ownOptions() throws {
        #expect(try resolve("ws://h/websocket", ["compression": "none"]).wireExtensions.isEmpty)
        _ = try resolve("ws://h/websocket", ["websocket.speed": "good"])
        let error = try #require(refusal("ws://h/websocket", ["websocket.speed": "bad"]))
        #expect(error.code == .invalidOption && error.cause is Odd)
    }

    @Test("rule 4: the option proxy is read, typed or as a string, and says nothing where it is not given")
    func proxies() throws {
        #expect(try resolve("ws://h/websocket").proxy == nil)
        #expect(try resolve("ws://h/websocket", ["proxy": "none"]).proxy == ProxySettings.none)
        #expect(try resolve("ws://h/websocket", ["proxy": "environment"]).proxy == .environment)
        let given = try resolve("ws://h/longpoll", ["proxy": "http://ann:pw@p:3128", "no-proxy": "a, b"]).proxy
        let credentials = ProxyCredentials(user: "ann", password: "pw")
        #expect(given == .http(host: "p", port: 3128, credentials: credentials, except: ["a", "b"]))
        let both = ConnectionOptions(proxy: ProxySettings.none, strings: ["proxy": "http://p:3128"])
        #expect(try resolve("ws://h/websocket", both).proxy == ProxySettings.none)
    }

    @Test(
        "rule 4: a proxy that cannot be read is refused without its text",
        arguments: [
            ["proxy": "socks5://ann:hunter2@p:1"], ["proxy": "http://ann:hunter2@p:x"], ["proxy": ""],
            ["no-proxy": "h"],
        ]
    )
    func unreadableProxies(strings: [String: String]) throws {
        let error = try #require(refusal("ws://h/websocket", ConnectionOptions(strings: strings)))
        #expect([.invalidOption, .invalidURL].contains(error.code))
        #expect(error.message.contains("option") && !error.message.contains("hunter2"))
    }

    @Test("rule 5: a pair that cannot work is refused with the reason; V1 on long polling works")
    func pairs() throws {
        let error = try #require(refusal("ws://h/longpoll", ["serializer": "pack"]))
        #expect(error.code == .incompatible)
        #expect(error.message.contains("text") && error.message.contains("pack") && error.message.contains("binary"))
        #expect(try resolve("ws://h/websocket", ["serializer": "pack"]).serializer.name == "pack")
        #expect(try resolve("ws://h/longpoll", ["vsn": "1.0.0"]).serializer.version == "1.0.0")
        #expect(
            try resolve("ws://h/longpoll").notes == ["The transport longpoll brings no binary frames from the server."]
        )
    }

    @Test("registering a name again replaces it, in its place")
    func replacement() throws {
        var registry = Self.registry
        registry.register(
            SerializerPlugin(name: "json", versions: ["9.0.0"]) { version, _ in
                Fake(name: "json", version: version, kinds: [.text])
            }
        )
        #expect(registry.serializers.map(\.name) == ["json", "pack"])
        #expect(try resolve("ws://h/websocket", registry: registry).serializer.version == "9.0.0")
        let removed = [registry.removeSerializer(named: "json"), registry.removeWireExtension(named: "squeeze")]
        #expect(removed == [true, true])
        #expect(try resolve("ws://h/websocket", registry: registry).serializer.name == "pack")
    }
}

private struct Fake: Serializer {
    var name: String
    var version: String
    var kinds: Set<Frame.Kind>
    var capabilities: SerializerCapabilities {
        SerializerCapabilities(emits: kinds, accepts: kinds, isLineBatchable: false)
    }
    var payloadFormat: any PayloadFormat { NoFormat() }

    func encode(_ message: Message, as role: Role) throws -> Frame { .binary(Bytes()) }
    func decode(_ frame: Frame, as role: Role) throws -> Message {
        Message(topic: "", event: "", payload: Payload(binary: frame.bytes))
    }
}

private struct NoFormat: PayloadFormat {
    struct Unsupported: Error {}
    var name: String { "nothing" }
    func encode<T: Encodable>(_ value: T) throws -> Bytes { throw Unsupported() }
    func encode(value: Value) throws -> Bytes { throw Unsupported() }
    func decode<T: Decodable>(_ type: T.Type, from bytes: Bytes) throws -> T { throw Unsupported() }
    func value(of bytes: Bytes) throws -> Value { throw Unsupported() }
}

private struct Squeeze: WireExtension {
    var name: String { "squeeze" }
    var offer: String { "squeeze" }
    func accept(_ answer: String?, limits: ConnectionLimits) throws -> (any WireCodec)? { nil }
}
