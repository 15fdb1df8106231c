import Testing

@testable import PhoenixKit

@Suite("An endpoint")
struct EndpointTests {
    @Test("is parsed into its parts")
    func parts() throws {
        let endpoint = try Endpoint("WSS://example.org:4001/socket/websocket?a=1&b=x%20y#fragment")
        #expect(endpoint.scheme == "wss" && endpoint.host == "example.org" && endpoint.port == 4001)
        #expect(endpoint.path == "/socket/websocket" && endpoint.query == "a=1&b=x%20y")
        #expect(endpoint.lastPathComponent == "websocket" && endpoint.isSecure)
        #expect(endpoint.queryItems == [QueryItem("a", "1"), QueryItem("b", "x y")])
        let bare = try Endpoint("ws://h")
        #expect(bare.path == "" && bare.query == nil && bare.port == nil && bare.requestTarget == "/")
        let v6 = try Endpoint("ws://[::1]:80/x")
        #expect(v6.host == "::1" && v6.bracketedHost == "[::1]" && v6.port == 80)
        #expect(try Endpoint("ws://h:/x").port == nil)
        #expect(try Endpoint("ws://h?x=y").query == "x=y")
    }

    @Test(
        "is refused with .invalidURL when any part is not as it should be",
        arguments: [
            "", "h/socket", "://h", "ws:/h", "ws//h", "1ws://h", "w s://h", "ws://", "ws:///x", "ws://h:0/",
            "ws://h:65536/",
            "ws://h:-1/", "ws://h:+5/", "ws://h:8o/", "ws://a:b:c/", "ws://[::1/", "ws://[nope]/", "ws://[]/",
            "ws://[::1]x/",
            "ws://user:secret@h/", "ws://h/a b", "ws://h/\u{e9}", "ws://h/\"", "ws://h/\r\nX: y", "ws://h/\0",
            "ws://h/{}",
        ]
    )
    func refused(text: String) throws {
        let error = #expect(throws: PhoenixError.self) { try Endpoint(text) }
        #expect(error?.code == .invalidURL)
        #expect(error?.description.contains("secret") == false)
    }

    @Test("never shows the values of its query")
    func redaction() throws {
        let endpoint = try Endpoint("ws://h/s/websocket?token=hush&vsn=2.0.0")
        #expect(!"\(endpoint)".contains("hush"))
        #expect(endpoint.redacted == "ws://h/s/websocket?token=…&vsn=…")
        #expect(!"\(Parameters([QueryItem("token", "hush")]))".contains("hush"))
        #expect(!"\(Secret("hush")) \(String(reflecting: Secret("hush")))".contains("hush"))
        var dumped = ""
        dump(Secret("hush"), to: &dumped)
        #expect(!dumped.contains("hush"))
    }

    @Test("takes parameters into its query, nested as phoenix.js nests them")
    func parameters() throws {
        var parameters: Parameters = ["a": ["b": ["c": 1]], "list": [1, "x"], "none": nil, "flag": true]
        parameters.append("ü&=", as: "odd name")
        let endpoint = try Endpoint("ws://h/s?x").appending(parameters.items)
        #expect(
            endpoint.query
                == "x&a%5Bb%5D%5Bc%5D=1&list%5B%5D=1&list%5B%5D=x&none=&flag=true&odd%20name=%C3%BC%26%3D"
        )
        #expect(endpoint.queryItems.last == QueryItem("odd name", "ü&="))
    }

    @Test("never traps, whatever the text (seeded)")
    func fuzz() {
        var generator = SeededGenerator.announced()
        let pieces = [
            "ws", "://", ":", "/", "[", "]", "@", "?", "#", "%", "%4", "host", "::1", "65535", "=", "&", "é", "\0",
        ]
        for _ in 0..<50_000 {
            let count = Int.random(in: 0...12, using: &generator)
            let text = (0..<count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }.joined()
            guard let endpoint = try? Endpoint(text) else { continue }
            _ = (endpoint.queryItems, endpoint.redacted, endpoint.lastPathComponent)
            #expect(!endpoint.host.isEmpty)
        }
    }
}
