import Phoenix
import Testing

@Suite("Compression as an option")
struct CompressionOptionTests {
    private func resolve(
        _ url: String,
        _ options: ConnectionOptions
    ) throws -> Resolution<AnyTransport, AnySerializer> {
        try PluginRegistry.standard.resolve(Endpoint(url), options)
    }

    private func deflate(_ options: ConnectionOptions) throws -> PermessageDeflate? {
        try resolve("ws://h/websocket", options).wireExtensions.first as? PermessageDeflate
    }

    @Test("is off by default, and on with one option, of strings or typed")
    func oneOption() throws {
        #expect(try deflate([:]) == nil)
        for options in [
            ["compression": "permessage-deflate"], ["serializer": "permessage-deflate"],
            ["serializer": "json+permessage-deflate"], .webSocket(compression: .permessageDeflate),
        ] as [ConnectionOptions] {
            #expect(try deflate(options) == PermessageDeflate())
        }
        #expect(try deflate(["compression": "none"]) == nil)
    }

    @Test("its settings may be typed or strings")
    func settings() throws {
        let configuration = PermessageDeflate.Configuration(
            clientMaxWindowBits: .twelve,
            serverMaxWindowBits: .eight,
            clientNoContextTakeover: true,
            serverNoContextTakeover: true,
            level: 9,
            memoryLevel: 1,
            threshold: 0,
            sentRatio: .unlimited,
            receivedRatio: RatioBound(1_000, exempt: 1_000_000)
        )
        #expect(try deflate(.webSocket(compression: .permessageDeflate(configuration)))?.configuration == configuration)
        let strings: ConnectionOptions = [
            "compression": "permessage-deflate", "deflate.level": "9", "deflate.memory-level": "1",
            "deflate.client-window-bits": "12", "deflate.server-window-bits": "8",
            "deflate.client-no-context-takeover": "true", "deflate.server-no-context-takeover": "true",
            "deflate.threshold": "0", "deflate.sent-ratio": "unlimited", "deflate.received-ratio": "1000",
        ]
        #expect(try deflate(strings)?.configuration == configuration)
    }

    @Test(
        "a value that is none is refused, and so is an option that is none",
        arguments: [
            ("deflate.level", "0"), ("deflate.level", "10"), ("deflate.level", "+1"), ("deflate.level", ""),
            ("deflate.memory-level", "ten"), ("deflate.client-window-bits", "7"), ("deflate.server-window-bits", "16"),
            ("deflate.client-window-bits", "09"), ("deflate.client-no-context-takeover", "yes"),
            ("deflate.server-no-context-takeover", "TRUE"), ("deflate.threshold", "-1"),
            ("deflate.threshold", "99999999999999999999"), ("deflate.sent-ratio", "0"),
            ("deflate.received-ratio", "unlimited "), ("deflate.window-bits", "9"), ("compression", "deflate"),
        ]
    )
    func refused(key: String, value: String) {
        var options: ConnectionOptions = ["compression": "permessage-deflate"]
        options.strings[key] = value
        let error = #expect(throws: PhoenixError.self) {
            try resolve("ws://h/websocket", options)
        }
        #expect(error?.code == (key == "compression" ? .unknownExtension : .invalidOption))
        #expect(error?.message.contains(key == "compression" ? value : key) == true)
    }

    @Test("long polling has no extensions: it goes without, and the resolution says so")
    func longPolling() throws {
        for options in [
            ["compression": "permessage-deflate", "deflate.level": "1"],
            ConnectionOptions(wireExtensions: [.permessageDeflate]),
        ] as [ConnectionOptions] {
            let resolution = try resolve("ws://h/socket/longpoll", options)
            #expect(resolution.wireExtensions.isEmpty)
            #expect(
                resolution.notes.contains { $0.contains("permessage-deflate does not apply to the transport longpoll") }
            )
        }
    }
}
