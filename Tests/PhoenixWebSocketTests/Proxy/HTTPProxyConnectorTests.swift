internal import NIOCore
internal import NIOPosix
internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

@Suite("HTTPProxyConnector", .timeLimit(.minutes(1)))
struct HTTPProxyConnectorTests {
    private static let credentials = ProxyCredentials(user: "sesame", password: "hunter2")
    /// `sesame:hunter2` in Base64.
    private static let basic = "c2VzYW1lOmh1bnRlcjI="
    private static let established = "HTTP/1.1 200 Connection established\r\n\r\n"

    @Test(
        "asks for a tunnel to host and port, of ws as of wss",
        arguments: [
            ("ws://server.test/socket/websocket", "server.test:80"),
            ("wss://server.test/socket/websocket", "server.test:443"),
            ("ws://server.test:4000/x", "server.test:4000"), ("wss://[2001:db8::1]:4443/x", "[2001:db8::1]:4443"),
            ("ws://[::1]/x", "[::1]:80"), ("ws://10.0.0.1/x", "10.0.0.1:80"),
        ]
    )
    func request(url: String, authority: String) async throws {
        let (heads, head) = AsyncStream<String>.makeStream()
        _ = try await refusalByProxy(to: url) { peer in
            head.yield(try await peer.receiveHead())
            try await peer.close()
        }
        var iterator = heads.makeAsyncIterator()
        #expect(await iterator.next() == "CONNECT \(authority) HTTP/1.1\r\nHost: \(authority)\r\n\r\n")
    }

    @Test("shows the credentials to the proxy, and to nobody else")
    func credentials() async throws {
        let details = try await meetThroughProxy(credentials: Self.credentials) { peer in
            let head = try await peer.receiveHead()
            #expect(
                head
                    == "CONNECT server.test:80 HTTP/1.1\r\nHost: server.test:80\r\nProxy-Authorization: Basic \(Self.basic)\r\n\r\n"
            )
            try await peer.send(Self.established)
            let upgrade = try await peer.upgrade()
            #expect(upgrade.hasPrefix("GET /socket/websocket HTTP/1.1\r\nHost: server.test\r\n"))
            #expect(!upgrade.lowercased().contains("proxy") && !upgrade.contains(Self.basic))
            try await peer.finish()
        } body: {
            $0.details
        }
        #expect(details.remoteAddress?.hasPrefix("127.0.0.1:") == true)
    }

    @Test("TLS goes through the tunnel, with the name of the server")
    func tls() async throws {
        var configuration = WebSocketTransport.Configuration()
        configuration.tls.trustRoots = .only([.text(Certificates.root)])
        let context = try Certificates.serverContext()
        let text = try await meetThroughProxy(
            WebSocketTransport(configuration: configuration),
            to: "wss://localhost/socket/websocket"
        ) { peer in
            #expect(try await peer.receiveHead().hasPrefix("CONNECT localhost:443 "))
            try await peer.startTLS(context, after: Self.established)
            try await peer.upgrade(glued: serverFrame(0x81, "hello"))
            try await peer.finish()
        } body: { connection in
            guard case .frames(let batch)? = try await connection.inbound.next() else { return "" }
            return batch.frames[0].bytes.text
        }
        #expect(text == "hello")
    }

    @Test(
        "a certificate for the address of the proxy, and not for the host behind it, is refused",
        arguments: ["wss://server.test/x", "wss://192.0.2.1/x"]
    )
    func foreignCertificate(url: String) async throws {
        var configuration = WebSocketTransport.Configuration()
        configuration.tls.trustRoots = .only([.text(Certificates.root)])
        let context = try Certificates.serverContext()
        let error = try await refusalByProxy(
            WebSocketTransport(configuration: configuration),
            to: url
        ) { peer in
            _ = try await peer.receiveHead()
            try await peer.startTLS(context, after: Self.established)
            // Nothing may come but the end.
            _ = try await peer.receive(1)
            try await peer.close()
        }
        #expect(error.code == .tls && error.message.contains("another host"), "\(error)")
    }

    @Test("the answer may come byte by byte, with the upgrade's answer and a frame behind it")
    func chopped() async throws {
        let text = try await ScriptedPeer.run { peer in
            async let served: Void = {
                let connection = try await peer.accept()
                _ = try await connection.receiveHead()
                try await connection.send("HTTP/1.0 200 OK\r\nVia: x\r\nContent-Length: 5\r\n\r\n")
                try await connection.upgrade(glued: serverFrame(0x81, "hello"))
                try await connection.finish()
            }()
            let proxy = Proxy(host: "127.0.0.1", port: peer.port)
            let transport = WebSocketTransport(connector: HTTPProxyConnector(proxy, connector: ChoppingConnector()))
            let request = peer.request(host: "server.test")
            let text = try await transport.withConnection(request) { connection in
                guard case .frames(let batch)? = try await connection.inbound.next() else { return "" }
                return batch.frames[0].bytes.text
            }
            try await served
            return text
        }
        #expect(text == "hello")
    }

    @Test("what the server says right behind the proxy's answer reaches whoever reads first")
    func early() async throws {
        try await ScriptedPeer.run { peer in
            async let served: Void = {
                let connection = try await peer.accept()
                _ = try await connection.receiveHead()
                try await connection.send(Self.established + "early ")
                _ = try await connection.receive(2)
                try await connection.send("late")
                try await connection.close()
            }()
            let connector = HTTPProxyConnector(Proxy(host: "127.0.0.1", port: peer.port))
            let channel = try await connector.connect(Self.anywhere())
            let line = Line<UInt8>()
            try await channel.eventLoop.submit {
                try channel.pipeline.syncOperations.addHandler(Collector(line))
                channel.read()
            }.get()
            try await channel.writeAndFlush(ByteBuffer(string: "go"))
            #expect(String(decoding: try await line.take(10), as: UTF8.self) == "early late")
            try await served
            #expect(try await line.takeToEnd() == [])
        }
    }

    /// Puts what it reads into a line.
    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let line: Line<UInt8>

        init(_ line: Line<UInt8>) {
            self.line = line
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            line.put(contentsOf: Array(unwrapInboundIn(data).readableBytesView))
        }

        func channelReadComplete(context: ChannelHandlerContext) {
            context.read()
        }

        func channelInactive(context: ChannelHandlerContext) {
            line.end()
        }
    }

    // MARK: Refusals

    @Test(
        "a refusal says what the proxy said and what helps",
        arguments: [
            (400, "CONNECT"), (403, "443"), (404, "tunnels"), (405, "long polling"), (501, "long polling"),
            (502, "NO_PROXY"), (503, "later"), (504, "NO_PROXY"), (302, "log in"), (418, "what it allows"),
            (401, "does not accept the credentials"),
            (101, "proxy"),
        ]
    )
    func refused(status: Int, advice: String) async throws {
        let connector = CountingConnector()
        let error = try await ScriptedPeer.run { peer in
            async let served: Void = {
                let connection = try await peer.accept()
                _ = try await connection.receiveHead()
                try await connection.send("HTTP/1.1 \(status) Whatever\r\nX-Why: so\r\n\r\n<html>\(status)</html>")
                #expect(try await connection.receiveToEnd() == [])
            }()
            let proxy = Proxy(host: "127.0.0.1", port: peer.port, credentials: Self.credentials)
            let transport = WebSocketTransport(connector: HTTPProxyConnector(proxy, connector: connector))
            let error = await #expect(throws: PhoenixError.self) {
                try await transport.withConnection(peer.request(host: "server.test")) { _ in }
            }
            try await served
            return try #require(error)
        }
        #expect(error.code == .proxyRefused)
        #expect(error.message.contains("status \(status)") && error.message.contains(advice), "\(error)")
        let refusal = try #require(error.cause as? ProxyRefusal)
        #expect(refusal.status == status && refusal.header("X-WHY") == "so")
        #expect(refusal.body.text == "<html>\(status)</html>")
        Self.expectNoSecret(in: error)
        #expect(connector.isClosed)
    }

    @Test("407 asks for credentials, finds them wrong, or asks for more than Basic")
    func authentication() async throws {
        func refusal(_ credentials: ProxyCredentials?, _ fields: String...) async throws -> PhoenixError {
            try await refusalByProxy(credentials: credentials) { [fields] peer in
                _ = try await peer.receiveHead()
                let lines = fields.map { "Proxy-Authenticate: \($0)\r\n" }.joined()
                try await peer.send("HTTP/1.1 407 Proxy Authentication Required\r\n\(lines)Content-Length: 900\r\n\r\n")
                _ = try await peer.receiveToEnd()
            }
        }
        let missing = try await refusal(nil, "Basic realm=\"x\"")
        #expect(missing.message.contains("http://user:password@host:port"), "\(missing)")
        let wrong = try await refusal(Self.credentials, "Negotiate", "Basic realm=\"x\"")
        #expect(wrong.message.contains("does not accept the credentials"), "\(wrong)")
        let other = try await refusal(Self.credentials, "NTLM", "Negotiate abc")
        #expect(other.message.contains("ntlm or negotiate; only Basic"), "\(other)")
        let unknown = try await refusal(Self.credentials, "Sorcery")
        #expect(unknown.message.contains("another scheme; only Basic"), "\(unknown)")
        for error in [missing, wrong, other, unknown] {
            #expect(error.code == .proxyRefused && (error.cause as? ProxyRefusal)?.status == 407)
            Self.expectNoSecret(in: error)
        }
    }

    @Test("the body of a refusal is kept up to its limit")
    func body() async throws {
        let error = try await refusalByProxy {
            $0.limits.refusalBody = 10
        } serve: { peer in
            _ = try await peer.receiveHead()
            try await peer.send("HTTP/1.1 502 Bad Gateway\r\n\r\n0123456789abcdef")
            _ = try await peer.receiveToEnd()
        }
        #expect((error.cause as? ProxyRefusal)?.body.text == "0123456789")
    }

    @Test(
        "an answer that is none, or ends in the middle, is .proxyInvalid",
        arguments: [
            "SSH-2.0-OpenSSH_9.2\r\n", "", "H", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nVia: x\r\n",
            "HTTP/1.1 100 x\r\n\r\n",
        ]
    )
    func invalid(answer: String) async throws {
        let error = try await refusalByProxy(credentials: Self.credentials) { peer in
            _ = try await peer.receiveHead()
            try await peer.send(answer)
            try await peer.close()
        }
        #expect(error.code == .proxyInvalid && error.message.contains("proxy http://"), "\(error)")
        Self.expectNoSecret(in: error)
    }

    @Test("a connection that the proxy resets is .proxyInvalid")
    func reset() async throws {
        let error = try await refusalByProxy { peer in
            _ = try await peer.receiveHead()
            try await peer.reset()
        }
        #expect(error.code == .proxyInvalid && error.stage == .connect, "\(error)")
    }

    @Test("headers without end stop at the limit, and the connection is closed")
    func endless() async throws {
        let error = try await refusalByProxy {
            $0.limits.responseHeaders = 5_000
        } serve: { peer in
            _ = try await peer.receiveHead()
            try await peer.send("HTTP/1.1 200 OK\r\n" + String(repeating: "A: 0123456789\r\n", count: 1_000))
            _ = try await peer.receiveToEnd()
        }
        #expect(error.code == .limitExceeded && error.message.contains("5000"), "\(error)")
    }

    @Test("a proxy out of reach is named, without the credentials")
    func unreachable() async throws {
        let request = ConnectionRequest(
            url: try Endpoint("ws://server.test/x"),
            serializer: serializerCapabilities,
            proxy: .http(host: "127.0.0.1", port: 1, credentials: Self.credentials)
        )
        let error = try #require(
            await #expect(throws: PhoenixError.self) { try await WebSocketTransport().withConnection(request) { _ in } }
        )
        #expect(error.code == .unreachable && error.message.contains("proxy http://…@127.0.0.1:1"), "\(error)")
        Self.expectNoSecret(in: error)
    }

    private static func expectNoSecret(in error: PhoenixError) {
        var text = "\(error) \(error.message) \(String(reflecting: error))"
        dump(error, to: &text)
        for secret in ["sesame", "hunter2", basic] { #expect(!text.contains(secret), "\(error)") }
    }

    // MARK: Time

    @Test(
        "B34: a proxy that says nothing, or drips its answer, ends with the connect deadline",
        arguments: ["", "HTTP/1.1 200 OK\r\nVia: proxy\r\n", "HTTP/1.1 100 Continue\r\n\r\n"]
    )
    func deadline(answer: String) async throws {
        let clock = ManualClock()
        let error = try await refusalByProxy(credentials: Self.credentials) {
            $0.clock = clock
            $0.deadlines.connect = .seconds(101)
        } serve: { peer in
            _ = try await peer.receiveHead()
            for byte in answer.utf8 { try await peer.send([byte]) }
            #expect(await clock.reachNext() == .seconds(101))
            #expect(try await peer.receiveToEnd() == [])
        }
        #expect(error.code == .timeout && error.message.contains("through the proxy http://…@127.0.0.1"), "\(error)")
        Self.expectNoSecret(in: error)
        #expect(clock.sleepers == 0)
    }

    @Test("cancelling while the answer is awaited closes the connection, also when the answer comes after all")
    func cancelling() async throws {
        try await ScriptedPeer.run { peer in
            let connector = HTTPProxyConnector(Proxy(host: "127.0.0.1", port: peer.port))
            let task = Task {
                let channel = try await connector.connect(Self.anywhere())
                try await channel.close()
            }
            let connection = try await peer.accept()
            _ = try await connection.receiveHead()
            task.cancel()
            try? await connection.send(Self.established)
            #expect(try await connection.receiveToEnd() == [])
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    private static func anywhere(_ host: String = "server.test") -> WebSocketConnectRequest {
        WebSocketConnectRequest(
            host: host,
            port: 80,
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            timeout: .seconds(10)
        )
    }

    // MARK: Which proxy

    @Test("a server that is excluded is reached without the proxy")
    func excluded() async throws {
        try await ScriptedPeer.run { server in
            async let served: Void = {
                let connection = try await server.accept()
                #expect(try await connection.upgrade().hasPrefix("GET "))
                try await connection.finish()
            }()
            let request = server.request { $0.proxy = .http(host: "127.0.0.1", port: 1, except: ["127.0.0.0/8"]) }
            try await WebSocketTransport().withConnection(request) { _ in }
            try await served
        }
    }

    @Test("proxies can be chained")
    func chain() async throws {
        try await ScriptedPeer.run { peer in
            async let served: Void = {
                let connection = try await peer.accept()
                #expect(try await connection.receiveHead().hasPrefix("CONNECT inner.test:8080 "))
                try await connection.send(Self.established)
                #expect(try await connection.receiveHead().hasPrefix("CONNECT server.test:80 "))
                try await connection.send(Self.established)
                try await connection.upgrade()
                try await connection.finish()
            }()
            let outer = HTTPProxyConnector(Proxy(host: "127.0.0.1", port: peer.port))
            let inner = HTTPProxyConnector(Proxy(host: "inner.test", port: 8080), connector: outer)
            let request = try peer.requestThrough { $0.proxy = .none }
            try await WebSocketTransport(connector: inner).withConnection(request) { _ in }
            try await served
        }
    }

    @Test("a connector that leads to one place refuses a proxy of ours")
    func oneplace() async throws {
        let error = await #expect(throws: PhoenixError.self) {
            let request = ConnectionRequest(
                url: try Endpoint("ws://server.test/x"),
                serializer: serializerCapabilities,
                proxy: .http(host: "proxy.test", port: 3128)
            )
            try await WebSocketTransport(connector: CountingConnector()).withConnection(request) { _ in }
        }
        #expect(error?.code == .invalidOption && error?.message.contains("http://proxy.test:3128") == true)
    }

    @Test(
        "a host that cannot stand in the request is refused before anything is sent",
        arguments: ["", "a b", "a\r\nb", "a/b"]
    )
    func badHosts(host: String) async throws {
        let error = await #expect(throws: PhoenixError.self) {
            try await HTTPProxyConnector(Proxy(host: "127.0.0.1", port: 1)).connect(Self.anywhere(host))
        }
        #expect(error?.code == .invalidURL)
    }
}
