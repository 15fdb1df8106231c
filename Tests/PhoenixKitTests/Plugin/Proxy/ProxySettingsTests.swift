import PhoenixKit
import Testing

@Suite("Proxy settings")
struct ProxySettingsTests {
    private static let lower = [
        "http_proxy": "http://plain:1", "https_proxy": "http://secure:2", "all_proxy": "http://all:3",
    ]

    private func host(
        _ url: String,
        _ environment: [String: String],
        _ settings: ProxySettings = .environment
    ) throws -> String? {
        try settings.proxy(for: Endpoint(url), environment: environment)?.host
    }

    @Test("none leads past every proxy")
    func none() throws {
        #expect(try host("ws://server/x", Self.lower, .none) == nil)
    }

    @Test("the environment's variable follows from the scheme")
    func schemes() throws {
        #expect(try host("http://server/x", Self.lower) == "plain")
        #expect(try host("ws://server/x", Self.lower) == "plain")
        #expect(try host("https://server/x", Self.lower) == "secure")
        #expect(try host("wss://server/x", Self.lower) == "secure")
        #expect(try host("carrier://server/x", Self.lower) == "all")
        #expect(try host("ws://server/x", [:]) == nil)
        #expect(try host("ws://server/x", ["https_proxy": "http://secure:2"]) == nil)
        #expect(try host("ws://server/x", ["all_proxy": "http://all:3"]) == "all")
    }

    @Test("lower case goes before upper case, and an empty value is none")
    func cases() throws {
        #expect(try host("ws://server/x", ["HTTP_PROXY": "http://upper:1"]) == "upper")
        #expect(try host("wss://server/x", ["HTTPS_PROXY": "http://upper:1"]) == "upper")
        #expect(try host("ws://server/x", ["ALL_PROXY": "http://upper:1"]) == "upper")
        #expect(try host("ws://server/x", ["http_proxy": "http://lower:1", "HTTP_PROXY": "http://upper:1"]) == "lower")
        #expect(try host("ws://server/x", ["all_proxy": "http://all:1", "HTTP_PROXY": "http://upper:1"]) == "upper")
        #expect(try host("ws://server/x", ["http_proxy": "", "HTTP_PROXY": "http://upper:1"]) == "upper")
        #expect(try host("ws://server/x", ["http_proxy": ""]) == nil)
        #expect(try host("ws://server/x", ["http_proxy": "http://p:1", "NO_PROXY": "server"]) == nil)
        #expect(try host("ws://server/x", ["http_proxy": "http://p:1", "no_proxy": "", "NO_PROXY": "server"]) == nil)
        #expect(try host("ws://server/x", ["http_proxy": "http://p:1", "no_proxy": "a", "NO_PROXY": "server"]) == "p")
    }

    @Test("HTTP_PROXY in upper case is left alone in a CGI program, where a client can set it")
    func cgi() throws {
        let environment = ["REQUEST_METHOD": "GET", "HTTP_PROXY": "http://attacker:1"]
        #expect(try host("ws://server/x", environment) == nil)
        #expect(try host("ws://server/x", environment.merging(["http_proxy": "http://own:1"]) { $1 }) == "own")
        #expect(try host("wss://server/x", ["REQUEST_METHOD": "GET", "HTTPS_PROXY": "http://own:1"]) == "own")
    }

    @Test("loopback is no exception")
    func loopback() throws {
        for url in ["ws://localhost/x", "ws://127.0.0.1/x", "ws://[::1]/x"] {
            #expect(try host(url, ["http_proxy": "http://p:1"]) == "p")
            #expect(try host(url, [:], .http(host: "p", port: 1)) == "p")
        }
    }

    @Test("a proxy of ours counts whatever the environment says, with exclusions of its own")
    func explicit() throws {
        let settings = ProxySettings.http(
            host: "ours",
            port: 3128,
            credentials: ProxyCredentials(user: "ann", password: "pw"),
            except: ["inside.example.org"]
        )
        let environment = Self.lower.merging(["no_proxy": "*"]) { $1 }
        let proxy = try settings.proxy(for: Endpoint("wss://server/x"), environment: environment)
        #expect(proxy == Proxy(host: "ours", port: 3128, credentials: .init(user: "ann", password: "pw")))
        #expect(try host("ws://inside.example.org/x", environment, settings) == nil)
        #expect(try ProxySettings.url("http://ann:pw@ours:3128", except: ["inside.example.org"]) == settings)
    }

    @Test("exclusions of ours add to those of the environment")
    func exclusions() throws {
        let environment = ["http_proxy": "http://p:1", "no_proxy": "theirs"]
        let settings = try ProxySettings.option("environment", except: ["ours"])
        #expect(try host("ws://theirs/x", environment, settings) == nil)
        #expect(try host("ws://ours/x", environment, settings) == nil)
        #expect(try host("ws://other/x", environment, settings) == "p")
    }

    @Test("an unusable variable is named, and its value is not", arguments: ["http_proxy", "HTTP_PROXY", "all_proxy"])
    func unusable(name: String) throws {
        for (value, code) in [
            ("socks5://sesame:hunter2@p:1", PhoenixError.Code.invalidOption),
            ("http://sesame:hunter2@p:x", .invalidURL),
        ] {
            let error = try #require(throws: PhoenixError.self) { try host("ws://server/x", [name: value]) }
            #expect(error.code == code)
            #expect(error.message.contains("The variable \(name) "))
            #expect(!"\(error)".contains("hunter2") && !"\(error)".contains("sesame"))
            // It matters to nobody who does not go that way.
            #expect(try host("ws://server/x", [name: value, "no_proxy": "server"]) == nil)
        }
    }

    @Test("a proxy that was put together by hand is checked before it is used")
    func checked() throws {
        for proxy in [
            Proxy(host: "", port: 1), Proxy(host: "a b", port: 1), Proxy(host: "a\r\nb", port: 1),
            Proxy(host: "h", port: 0),
            Proxy(host: "h", port: 1, credentials: ProxyCredentials(user: "a:b", password: "c")),
            Proxy(host: "h", port: 1, credentials: ProxyCredentials(user: "a", password: "b\r\nc")),
        ] {
            #expect(throws: PhoenixError.self) {
                try ProxySettings.proxy(proxy).proxy(for: Endpoint("ws://server/x"), environment: [:])
            }
        }
    }

    @Test("the process's environment holds nothing but what proxies depend on")
    func process() {
        let names = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]
        let known = Set(names + names.map { $0.uppercased() } + ["REQUEST_METHOD"])
        #expect(Set(ProxySettings.processEnvironment.keys).isSubset(of: known))
    }
}
