internal import NIOSSL
internal import PhoenixKit
internal import PhoenixLongPoll
internal import Testing

@testable internal import PhoenixAsyncHTTPClient

@Suite("AsyncHTTPClient and proxies, and TLS", .timeLimit(.minutes(1)))
struct ProxyTests {
    private static let credentials = ProxyCredentials(user: "sesame", password: "hunter2")

    /// An engine that trusts the tests' root alone.
    private func engine(_ verification: CertificateVerification = .fullVerification) throws -> AsyncHTTPClientEngine {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(Certificates.root.utf8)))
        tls.certificateVerification = verification
        return AsyncHTTPClientEngine(tls: tls)
    }

    /// Sends one request to `url` through a scripted proxy.
    private func send(
        to url: String,
        _ engine: AsyncHTTPClientEngine = AsyncHTTPClientEngine(),
        credentials: ProxyCredentials? = Self.credentials,
        serve: @escaping @Sendable (PeerConnection) async throws -> Void
    ) async throws -> HTTPResponse {
        try await ScriptedPeer.run { peer in
            async let served: Void = serve(try await peer.accept())
            let url = try Endpoint(url)
            let proxy = ProxySettings.http(host: "127.0.0.1", port: peer.port, credentials: credentials)
            let session = try await engine.open(
                HTTPSessionRequest(url: url, connectTimeout: .seconds(30), proxy: proxy)
            )
            defer { session.close() }
            let request = HTTPRequest(method: .get, url: url, timeout: .seconds(60), responseLimit: 1_000)
            do {
                let response = try await session.send(request)
                try await served
                return response
            } catch {
                try? await served
                throw error
            }
        }
    }

    @Test("the capabilities say that both work")
    func capabilities() {
        #expect(AsyncHTTPClientEngine().capabilities.supportsProxies)
        #expect(AsyncHTTPClientEngine().capabilities.supportsProxyCredentials)
        #expect(AsyncHTTPClientEngine().name == "AsyncHTTPClient")
    }

    @Test("a tunnel is asked for with the credentials, which the server does not see")
    func tunnel() async throws {
        let response = try await send(to: "http://server.test:4000/x?token=s3cret") { peer in
            let head = try await peer.receiveHead()
            #expect(head.hasPrefix("CONNECT server.test:4000 HTTP/1.1\r\n"))
            #expect(head.lowercased().contains("proxy-authorization: basic c2vzyw1lomh1bnrlcji=\r\n"))
            #expect(!head.contains("s3cret"))
            try await peer.send("HTTP/1.1 200 OK\r\n\r\n")
            let request = try await peer.receiveHead()
            #expect(request.hasPrefix("GET /x?token=s3cret HTTP/1.1\r\n") && !request.lowercased().contains("proxy"))
            try await peer.answer(200, [], "hello")
        }
        #expect(response.body.text == "hello")
    }

    @Test("TLS goes through the tunnel")
    func secureTunnel() async throws {
        let context = try Certificates.serverContext()
        let response = try await send(to: "https://localhost/x", engine()) { peer in
            #expect(try await peer.receiveHead().hasPrefix("CONNECT localhost:443 "))
            try await peer.startTLS(context, after: "HTTP/1.1 200 OK\r\n\r\n")
            #expect(try await peer.receiveHead().hasPrefix("GET /x "))
            try await peer.answer(200, [], "hello")
        }
        #expect(response.body.text == "hello")
    }

    @Test(
        "a certificate for the address of the proxy, and not for the host behind it, is refused",
        arguments: ["https://server.test/x?token=s3cret", "https://192.0.2.1/x?token=s3cret"]
    )
    func certificateOfTheProxy(url: String) async throws {
        let context = try Certificates.serverContext()
        let engine = try engine()
        let error = try await failure {
            try await send(to: url, engine) { peer in
                _ = try await peer.receiveHead()
                try await peer.startTLS(context, after: "HTTP/1.1 200 OK\r\n\r\n")
                // Nothing may come but the end.
                _ = try await peer.receive(1)
                try await peer.close()
            }
        }
        #expect(error.code == .tls, "\(error)")
    }

    @Test(
        "a proxy that refuses is a clear error, without the credentials",
        arguments: [
            (407, "does not accept the credentials"), (401, "credentials"), (403, "port 443"), (502, "the proxy"),
        ]
    )
    func refused(status: Int, advice: String) async throws {
        let error = try await failure {
            try await send(to: "http://server.test/x?token=s3cret") { peer in
                _ = try await peer.receiveHead()
                try await peer.answer(status, ["Proxy-Authenticate: Basic realm=\"x\""], "<html>no</html>")
            }
        }
        #expect(error.code == .proxyRefused && error.message.contains(advice), "\(error)")
        if status == 407 { #expect((error.cause as? ProxyRefusal)?.status == 407) }
    }

    @Test("a proxy that asks for credentials where there are none is told apart")
    func missingCredentials() async throws {
        let error = try await failure {
            try await send(to: "http://server.test/x?token=s3cret", credentials: nil) { peer in
                #expect(!(try await peer.receiveHead()).lowercased().contains("authorization"))
                try await peer.answer(407)
            }
        }
        #expect(error.code == .proxyRefused && error.message.contains("asks for credentials"), "\(error)")
    }

    @Test(
        "a proxy that says nothing of HTTP, or goes away, is a clear error",
        arguments: ["SSH-2.0-OpenSSH_9.2\r\n", ""]
    )
    func foreignProxy(answer: String) async throws {
        let error = try await failure {
            try await send(to: "http://server.test/x?token=s3cret") { peer in
                _ = try await peer.receiveHead()
                try await peer.send(answer)
                try await peer.close()
            }
        }
        #expect([.proxyInvalid, .unreachable].contains(error.code) && error.message.contains("proxy"), "\(error)")
    }

    @Test("a proxy that cannot be used is refused when the session opens")
    func unusable() async throws {
        let error = await #expect(throws: PhoenixError.self) {
            _ = try await AsyncHTTPClientEngine().open(
                HTTPSessionRequest(
                    url: Endpoint("http://server.test/"),
                    connectTimeout: .seconds(1),
                    proxy: .http(host: "", port: 1)
                )
            )
        }
        #expect(error?.code == .invalidURL)
    }

    // MARK: TLS without a proxy

    private func send(
        _ engine: AsyncHTTPClientEngine,
        host: String,
        _ context: NIOSSLContext
    ) async throws -> HTTPResponse {
        try await ScriptedPeer.run(tls: context) { peer in
            async let served: Void = {
                let connection = try await peer.accept()
                _ = try await connection.receiveHead()
                try await connection.answer(200, [], "hello")
            }()
            let request = peer.request(scheme: "https", host: host)
            let session = try await engine.open(
                HTTPSessionRequest(url: request.url, connectTimeout: .seconds(30), proxy: .none)
            )
            defer { session.close() }
            do {
                let response = try await session.send(request)
                try await served
                return response
            } catch {
                try? await served
                throw error
            }
        }
    }

    @Test("a certificate of a trusted root is taken, by name and by address", arguments: ["localhost", "127.0.0.1"])
    func trusted(host: String) async throws {
        #expect(try await send(engine(), host: host, Certificates.serverContext()).body.text == "hello")
    }

    @Test("an untrusted one, and one for another host, are refused", arguments: ["localhost", "127.0.0.1"])
    func untrusted(host: String) async throws {
        let engine = try engine()
        let foreign = try Certificates.serverContext(Certificates.elsewhere, key: Certificates.elsewhereKey)
        #expect(try await failure { try await send(engine, host: host, foreign) }.code == .tls)
        let own = try Certificates.serverContext()
        #expect(try await failure { try await send(AsyncHTTPClientEngine(), host: host, own) }.code == .tls)
    }

    @Test("verification that has been lessened is as less as asked for")
    func lessened() async throws {
        let foreign = try Certificates.serverContext(Certificates.elsewhere, key: Certificates.elsewhereKey)
        for verification in [CertificateVerification.noHostnameVerification, .none] {
            let response = try await send(engine(verification), host: "localhost", foreign)
            #expect(response.body.text == "hello")
        }
    }
}
