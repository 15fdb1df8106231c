internal import NIOSSL
internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

@Suite("TLS", .timeLimit(.minutes(1)))
struct TLSTests {
    /// A transport that trusts the tests' root alone.
    private func transport(_ change: (inout TLSOptions) -> Void = { _ in }) -> WebSocketTransport {
        var configuration = WebSocketTransport.Configuration()
        configuration.tls.trustRoots = .only([.text(Certificates.root)])
        change(&configuration.tls)
        return WebSocketTransport(configuration: configuration)
    }

    /// Talks to a server that says hello and closes.
    private func hello(
        _ transport: WebSocketTransport,
        host: String = "localhost",
        context: NIOSSLContext
    ) async throws -> String {
        try await ScriptedPeer.run(tls: context) { peer in
            async let served: Void = {
                let connection = try await peer.accept()
                try await connection.upgrade(glued: serverFrame(0x81, "hello"))
                try await connection.finish()
            }()
            let text = try await transport.withConnection(peer.request(scheme: "wss", host: host)) { connection in
                guard case .frames(let batch)? = try await connection.inbound.next() else { return "" }
                return batch.frames[0].bytes.text
            }
            try await served
            return text
        }
    }

    /// The error of a handshake that must fail.
    private func failure(
        _ transport: WebSocketTransport,
        host: String = "localhost",
        context: NIOSSLContext
    ) async throws -> PhoenixError {
        try await ScriptedPeer.run(tls: context) { peer in
            let error = await #expect(throws: PhoenixError.self) {
                try await transport.withConnection(peer.request(scheme: "wss", host: host)) { _ in }
            }
            return try #require(error)
        }
    }

    @Test(
        "A certificate of a trusted root for the host is taken, by name and by address",
        arguments: ["localhost", "127.0.0.1"]
    )
    func trusted(host: String) async throws {
        #expect(try await hello(transport(), host: host, context: Certificates.serverContext()) == "hello")
    }

    @Test("A root may be added to the system's")
    func additionalRoot() async throws {
        let added = transport {
            $0.trustRoots = .system
            $0.additionalTrustRoots = [.text(Certificates.root)]
        }
        #expect(try await hello(added, context: Certificates.serverContext()) == "hello")
    }

    @Test("An untrusted, an expired and a foreign certificate are refused, and told apart")
    func refused() async throws {
        let untrusted = try await failure(WebSocketTransport(), context: Certificates.serverContext())
        #expect(untrusted.code == .tls && untrusted.message.contains("not trusted"), "\(untrusted)")
        let context = try Certificates.serverContext(Certificates.expired, key: Certificates.expiredKey)
        let expired = try await failure(transport(), context: context)
        #expect(expired.code == .tls && expired.message.contains("expired"), "\(expired)")
        let elsewhere = try Certificates.serverContext(Certificates.elsewhere, key: Certificates.elsewhereKey)
        for host in ["localhost", "127.0.0.1"] {
            let foreign = try await failure(transport(), host: host, context: elsewhere)
            #expect(foreign.code == .tls && foreign.message.contains("another host"), "\(foreign)")
        }
    }

    @Test("Verification can be loosened on request: without the host name, and not at all")
    func loosened() async throws {
        let elsewhere = try Certificates.serverContext(Certificates.elsewhere, key: Certificates.elsewhereKey)
        #expect(try await hello(transport { $0.verification = .noHostname }, context: elsewhere) == "hello")
        let still = try await failure(
            transport {
                $0.verification = .noHostname
                $0.trustRoots = .system
            },
            context: elsewhere
        )
        #expect(still.code == .tls)
        let none = transport {
            $0.verification = .none
            $0.trustRoots = .system
        }
        #expect(try await hello(none, context: elsewhere) == "hello")
    }

    @Test("A client certificate is shown when the server asks; without one the connection fails with .tls")
    func clientCertificate() async throws {
        let context = try Certificates.serverContext(asksForClient: true)
        let withOne = transport {
            $0.certificateChain = .text(Certificates.client)
            $0.privateKey = .text(Certificates.clientKey)
        }
        #expect(try await hello(withOne, context: context) == "hello")
        #expect(try await failure(transport(), context: context).code == .tls)
    }

    @Test("Options that cannot be read are refused before anything is sent")
    func badOptions() async throws {
        let request = ConnectionRequest(
            url: try Endpoint("wss://127.0.0.1:1/x"),
            serializer: serializerCapabilities,
            proxy: .none
        )
        let bad = [
            transport { $0.trustRoots = .only([.text("no PEM")]) }, transport { $0.trustRoots = .only([.text("")]) },
            transport { $0.additionalTrustRoots = [.file("/nowhere/at/all.pem")] },
            transport { $0.certificateChain = .text(Certificates.client) },
            transport { $0.privateKey = .text(Certificates.clientKey) },
            transport {
                $0.certificateChain = .text(Certificates.client)
                $0.privateKey = .text("no key")
            },
        ]
        for transport in bad {
            let error = await #expect(throws: PhoenixError.self) {
                try await transport.withConnection(request) { _ in }
            }
            #expect(error?.code == .invalidOption, "\(String(describing: error))")
        }
    }

    @Test("A server that speaks no TLS, and one that hangs up in the handshake, are reported with .tls")
    func noTLS() async throws {
        let plain = try await refusal {
            $0.url.scheme = "wss"
        } serve: { peer in
            _ = try await peer.receive(5)
            try await peer.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            _ = try await peer.receiveToEnd()
        }
        #expect(plain.code == .tls && plain.message.contains("does not speak TLS"), "\(plain)")
        let closed = try await refusal {
            $0.url.scheme = "wss"
        } serve: { peer in
            _ = try await peer.receive(5)
            try await peer.close()
        }
        #expect(closed.code == .tls && closed.message.contains("closed"), "\(closed)")
        let reset = try await refusal {
            $0.url.scheme = "wss"
        } serve: { peer in
            _ = try await peer.receive(5)
            try await peer.reset()
        }
        #expect(reset.code == .tls, "\(reset)")
    }

    @Test("A large message and many small ones go over TLS both ways")
    func traffic() async throws {
        let payload = [UInt8](repeating: 0x61, count: 1_000_000)
        try await ScriptedPeer.run(tls: Certificates.serverContext()) { peer in
            async let served: Void = {
                let connection = try await peer.accept()
                try await connection.upgrade()
                #expect(try await connection.receiveFrame().payload == payload)
                try await connection.send(serverFrame(0x81, payload))
                for index in 0..<1_000 { try await connection.send(serverFrame(0x81, "\(index)")) }
                try await connection.finish()
            }()
            try await transport().withConnection(peer.request(scheme: "wss", host: "localhost")) { connection in
                try await connection.outbound.write([.binary(Bytes(payload))])
                var frames: [Frame] = []
                while frames.count < 1_001, case .frames(let batch)? = try await connection.inbound.next() {
                    frames += batch.frames
                }
                #expect(frames.first?.bytes == Bytes(payload))
                #expect(frames.dropFirst().map(\.bytes.text) == (0..<1_000).map { "\($0)" })
            }
            try await served
        }
    }

    @Test("Cancelling closes a connection over TLS at once, though the peer does not answer")
    func cancelling() async throws {
        try await ScriptedPeer.run(tls: Certificates.serverContext()) { peer in
            let request = peer.request(scheme: "wss", host: "localhost")
            let transport = transport()
            let opened = Line<Void>()
            let task = Task {
                try await transport.withConnection(request) { connection in
                    opened.put(())
                    _ = try await connection.inbound.next()
                }
            }
            let connection = try await peer.accept()
            try await connection.upgrade()
            _ = try await opened.take()
            try await connection.setReading(false)
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}

@Suite("TCPConnector", .timeLimit(.minutes(1)))
struct TCPConnectorTests {
    @Test("A refused connection and an unknown host are told apart")
    func unreachable() async throws {
        // A port that was just given back may be another test's by now; on this one nobody listens.
        var request = ConnectionRequest(
            url: Endpoint(scheme: "ws", host: "127.0.0.1", port: 1, path: "/x"),
            serializer: serializerCapabilities,
            proxy: .none
        )
        let refused = await #expect(throws: PhoenixError.self) {
            try await WebSocketTransport().withConnection(request) { _ in }
        }
        #expect(
            refused?.code == .unreachable && refused?.message.contains("refused") == true,
            "\(String(describing: refused))"
        )
        #expect(refused?.cause != nil)
        // A label of more than 63 characters is refused without asking a name server.
        request.url.host = String(repeating: "a", count: 70) + ".invalid"
        let unknown = await #expect(throws: PhoenixError.self) {
            try await WebSocketTransport().withConnection(request) { _ in }
        }
        #expect(
            unknown?.code == .unreachable && unknown?.message.contains("No address") == true,
            "\(String(describing: unknown))"
        )
    }

    @Test("A name with several addresses is connected to where somebody listens")
    func severalAddresses() async throws {
        try await ScriptedPeer.run { peer in
            async let served: Void = {
                let connection = try await peer.accept()
                try await connection.upgrade()
                try await connection.finish()
            }()
            try await WebSocketTransport().withConnection(peer.request(host: "localhost")) { _ in }
            try await served
        }
    }

    @Test("Cancelling while a name is looked up ends the attempt at once")
    func cancelling() async throws {
        let request = ConnectionRequest(
            url: Endpoint(scheme: "ws", host: "no-such-host.invalid", path: "/x"),
            serializer: serializerCapabilities,
            proxy: .none
        )
        let task = Task { try await WebSocketTransport().withConnection(request) { _ in } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
