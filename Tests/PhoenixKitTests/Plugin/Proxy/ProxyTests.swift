import PhoenixKit
import Testing

@Suite("A proxy's URL")
struct ProxyTests {
    private func refusal(_ url: String) -> PhoenixError? {
        do {
            _ = try Proxy(url)
            return nil
        } catch {
            return error
        }
    }

    @Test("names host and port")
    func hostAndPort() throws {
        #expect(try Proxy("http://proxy.example.org:3128") == Proxy(host: "proxy.example.org", port: 3128))
        #expect(try Proxy("HTTP://proxy:3128/") == Proxy(host: "proxy", port: 3128))
        #expect(try Proxy("proxy:3128") == Proxy(host: "proxy", port: 3128))
        #expect(try Proxy("http://[fd00::1]:8080") == Proxy(host: "fd00::1", port: 8080))
        #expect(try Proxy("http://proxy") == Proxy(host: "proxy", port: 80))
    }

    @Test("carries user and password, percent-decoded")
    func credentials() throws {
        func credentials(_ url: String) throws -> ProxyCredentials? { try Proxy(url).credentials }
        #expect(try credentials("http://proxy:1") == nil)
        #expect(try credentials("http://ann:pa%3Ass%40%2f%c3%a4@proxy:1") == .init(user: "ann", password: "pa:ss@/ä"))
        #expect(try credentials("http://ann:a@b:c@proxy:1") == .init(user: "ann", password: "a@b:c"))
        #expect(try credentials("http://ann@proxy:1") == .init(user: "ann", password: ""))
        #expect(try credentials("ann:pw@proxy:1") == .init(user: "ann", password: "pw"))
    }

    @Test(
        "is refused where it says what cannot be read, without a word of it",
        arguments: [
            "", "http://", "http://:3128", "http://sesame:hunter2@", "http://sesame:hunter2@proxy:0",
            "http://sesame:hunter2@proxy:65536", "http://sesame:hunter2@proxy:31x",
            "http://sesame:hunter2@proxy:3128/path",
            "http://sesame:hunter2@proxy:3128?x=hunter2", "http://sesame:hun/ter2@proxy:3128",
            "http://sesame:hunter2%@proxy:1", "http://sesame:hunter2%f@proxy:1", "http://sesame:hunter2%ff@proxy:1",
            "http://sesame:hunter2@pro xy:1", "http://sesame:hunter2@[fd00::1:1", "http://sesame:hunter2@a%2fb:1",
            "://sesame:hunter2@proxy:1", "http://sesame:hunter2@pröxy:1",
        ]
    )
    func malformed(url: String) throws {
        let error = try #require(refusal(url))
        #expect([.invalidURL, .invalidOption].contains(error.code))
        for secret in ["hunter2", "sesame", "ter2"] { #expect(!"\(error)\(dumped(error))".contains(secret)) }
    }

    @Test(
        "of a kind that is not supported is refused by its name",
        arguments: ["https", "socks5", "socks5h", "socks4", "SOCKS"]
    )
    func unsupported(scheme: String) throws {
        let error = try #require(refusal("\(scheme)://sesame:hunter2@proxy:1080"))
        #expect(error.code == .invalidOption)
        #expect(error.message.contains("\(scheme.lowercased()), a"))
        #expect(!dumped(error).contains("hunter2"))
    }

    @Test("of another scheme is refused without its name, which may be a user's", arguments: ["ftp", "sesame"])
    func foreign(scheme: String) throws {
        let error = try #require(refusal("\(scheme)://proxy:1080"))
        #expect(error.code == .invalidOption)
        #expect(!error.message.contains(scheme))
    }

    @Test(
        "may not carry what the Basic scheme cannot",
        arguments: [
            "http://a%3ab:c@proxy:1", "http://a%0d%0ab:c@proxy:1", "http://a:b%00@proxy:1", "http://a:b%7f@proxy:1",
        ]
    )
    func credentialsThatCannotBeSent(url: String) throws {
        #expect(refusal(url)?.code == .invalidOption)
    }

    @Test("shows neither user nor password, however it is printed")
    func redacted() throws {
        let proxy = try Proxy("http://sesame:hunter2@[fd00::1]:3128")
        #expect("\(proxy)" == "http://…@[fd00::1]:3128")
        #expect("\(Proxy(host: "proxy", port: 1))" == "http://proxy:1")
        let settings = ProxySettings.proxy(proxy)
        let options = ConnectionOptions(proxy: settings, strings: ["proxy": "http://sesame:hunter2@h:1"])
        var configuration = SocketConfiguration()
        configuration.proxy = settings
        let request = ConnectionRequest(
            url: try Endpoint("ws://h/websocket"),
            serializer: SerializerCapabilities(emits: [], accepts: [], isLineBatchable: false),
            proxy: settings
        )
        for value in [proxy, proxy.credentials as Any, settings, options, configuration, request] as [Any] {
            for text in ["\(value)", String(reflecting: value), dumped(value)] {
                #expect(!text.contains("hunter2"))
                #expect(!text.contains("sesame"))
            }
        }
    }

    private func dumped(_ value: Any) -> String {
        var text = ""
        dump(value, to: &text)
        return text
    }
}
