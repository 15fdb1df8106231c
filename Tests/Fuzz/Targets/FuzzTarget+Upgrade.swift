internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1
internal import PhoenixKit

@testable internal import PhoenixWebSocket

extension FuzzTarget {
    /// The answer to an upgrade, from the first byte to the first frame, through the handlers that a connection has.
    ///
    /// Whatever comes, there is a connection or a typed error at the latest when the peer is gone; which of them does not depend
    /// on the reads, and no error tells what may be a secret.
    static func upgrade(_ corpus: Corpus) -> FuzzTarget {
        let proof = UpgradeAnswer.proof(for: requestKey)
        let right =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(proof)\r\n"
        let answers = [
            right + "\r\n", right + "Sec-WebSocket-Protocol: phoenix\r\n\r\n",
            right + "Sec-WebSocket-Extensions: x-fuzz; level=1\r\n\r\n\u{1}",
            right + "Set-Cookie: id=\(planted)\r\nDate: now\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + right + "\r\n",
            "HTTP/1.1 302 Found\r\nLocation: https://example.org/x?token=\(planted)\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 120\r\nContent-Length: 13\r\n\r\n\(planted) body",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "HTTP/1.0 400 Bad Request\r\n\r\nbody without a length",
        ]
        let glued = Array((right + "\r\n").utf8) + [0x81, 1, 0x61, 0x89, 0]
        let recorded = corpus.heads.filter { $0.count < 2_000 }.map { head in
            Array(
                String(decoding: head, as: UTF8.self).replacing(#/(?i)sec-websocket-accept: \S+/#) { _ in
                    "sec-websocket-accept: \(proof)"
                }.utf8
            )
        }
        let words = [
            "HTTP/1.1 101 x\r\n", "HTTP/1.1 100 x\r\n\r\n", "Upgrade: websocket\r\n", "Connection: Upgrade, close\r\n",
            "Sec-WebSocket-Accept: \(proof)\r\n", "Sec-WebSocket-Protocol: phoenix\r\n", "\r\n\r\n", "\r\n", "\n", ":",
            ", ",
            "Sec-WebSocket-Extensions: x-fuzz\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\n", "\"",
            ";", "\\",
            "Location: //\(planted)@x/?\(planted)\r\n", "Retry-After: 1\r\n", "\u{0}", "ä",
        ]
        return FuzzTarget(
            "upgrade",
            // The answers of the recordings are refusals, most of them.
            seeds: Array(repeatElement(answers.map { Array($0.utf8) } + [glued], count: 6).joined()) + recorded,
            tokens: words.map { Array($0.utf8) },
            examine: { examineUpgrade($0) }
        )
    }

    /// What must not be seen in any error.
    static let planted = "s3cr3t"

    private static let requestKey = Base64.encode([UInt8](repeating: 0x2A, count: 16))

    /// What became of an upgrade.
    private enum Outcome: Equatable {
        case opened(protocol: String?, headers: [HeaderField], extensions: [String])
        case refused(PhoenixError.Code, status: Int?)
    }

    private static func examineUpgrade(_ input: [UInt8]) -> Bool {
        let whole = Meter.bounded(262_144 + 100 * input.count) { upgrade([input]) }
        // Each read costs a turn of the pipeline, and what is broken is mostly broken at once.
        let parts = cut(input)
        if parts.count < 30 {
            let apart = upgrade(parts)
            require(
                apart == whole,
                "in reads of \(parts.map(\.count)) the upgrade ends as \(apart), at once as \(whole)"
            )
        }
        guard case .opened(_, let headers, _) = whole else { return false }
        let proofs = headers.filter { $0.name == "sec-websocket-accept" }.map { HeaderRules.trimmed($0.value) }
        require(proofs == [UpgradeAnswer.proof(for: requestKey)], "a connection only where the server proved itself")
        return true
    }

    private static func upgrade(_ reads: [[UInt8]]) -> Outcome {
        let connection = ConnectionRequest(
            url: Endpoint(scheme: "ws", host: "example.org", path: "/socket/websocket", query: "vsn=2.0.0"),
            authToken: "token",
            serializer: SerializerCapabilities(emits: [.text], accepts: [.text], isLineBatchable: true),
            wireExtensions: [NamedExtension()],
            clock: StoppedClock()
        )
        let channel = EmbeddedChannel()
        let results = HandshakeHandler.Results()
        do {
            let request = try UpgradeRequest(connection, subprotocols: [], random: { 0x2A2A_2A2A_2A2A_2A2A })
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "x")).wait()
            let parts = ConnectionHandler.Parts(
                inbound: InboundQueue(),
                outbound: OutboundQueue(limits: connection.limits, deadline: .seconds(1), clock: connection.clock),
                closing: ClosingWatch(limit: .seconds(1), clock: connection.clock),
                clock: connection.clock,
                limits: connection.limits,
                random: { 0 }
            )
            let handler = HandshakeHandler(
                request,
                host: "example.org",
                checksHost: false,
                parts: parts,
                results: results
            )
            try HandshakeHandler.install(handler, tls: nil, in: channel)
            handler.ask()
        } catch {
            broken("an upgrade that can be sent, got \(error)")
        }
        for read in reads where channel.isActive {
            // What the decoder throws comes out here as well.
            try? channel.writeInbound(ByteBuffer(bytes: read))
            channel.embeddedEventLoop.run()
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        switch results.upgraded.result {
        case .success(let opened):
            return .opened(
                protocol: opened.details.subprotocol,
                headers: opened.details.headers,
                extensions: opened.details.extensions
            )
        case .failure(let error as PhoenixError):
            let codes: [PhoenixError.Code] = [.upgradeInvalid, .upgradeRefused, .limitExceeded, .unreachable]
            require(codes.contains(error.code), "an error of the upgrade, got \(error.code)")
            let refusal = error.cause as? UpgradeRefusal
            // The host of a redirect is shown.
            let host = refusal?.header("location").flatMap { try? Endpoint($0.hasPrefix("//") ? "ws:" + $0 : $0) }?.host
            let isShown = host?.contains(planted) ?? false
            require(isShown || !"\(error)\(error.message)".contains(planted), "no secrets in errors, got \(error)")
            return .refused(error.code, status: refusal?.status)
        case .failure(let error):
            broken("a PhoenixError, got \(error)")
        case nil:
            broken("an end of the upgrade when the peer is gone")
        }
    }

    /// An extension that takes any answer and changes nothing.
    private struct NamedExtension: WireExtension {
        var name: String { "x-fuzz" }
        var offer: String { "x-fuzz" }

        func accept(_ answer: String?, limits: ConnectionLimits) -> (any WireCodec)? {
            answer.map { _ in Codec() }
        }

        private struct Codec: WireCodec {
            func encode(_ message: Bytes, kind: Frame.Kind) -> (bytes: Bytes, transformed: Bool) { (message, false) }
            func decode(_ part: Bytes, isLast: Bool, into message: inout [UInt8]) { message += part.array }
        }
    }

    /// A clock on which it is always the same moment.
    private struct StoppedClock: PhoenixClock {
        var now: Timestamp { Timestamp(nanoseconds: 0) }
        func sleep(until deadline: Timestamp) async throws { throw CancellationError() }
    }
}
