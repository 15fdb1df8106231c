internal import PhoenixDeflate
internal import PhoenixKit
private import Synchronization
internal import Testing

@testable internal import PhoenixWebSocket

@Suite("permessage-deflate on a connection", .timeLimit(.minutes(1)))
struct CompressionTests {
    private static let chat =
        "[\"4\",\"7\",\"room:lobby\",\"new_msg\",{\"body\":\"\(String(repeating: "hello, ", count: 40))\"}]"
    private static let binary = Bytes((0..<5_000).map { UInt8(truncatingIfNeeded: $0 / 7) })

    /// What the client offers, and what its offer was answered with.
    private static func answer(_ head: String) throws -> (header: String, codec: DeflateCodec) {
        let offer = try #require(PeerConnection.field("sec-websocket-extensions", in: head))
        let deflate = PermessageDeflate(PermessageDeflate.Configuration(threshold: 0, sentRatio: .unlimited))
        let agreement = try #require(try deflate.agreement(onOffers: [offer]))
        return ("Sec-WebSocket-Extensions: \(agreement.answer())", deflate.codec(for: agreement, as: .server))
    }

    /// Upgrades with compression; gives the server's codec.
    private static func upgrade(_ peer: PeerConnection) async throws -> DeflateCodec {
        let head = try await peer.receiveHead()
        let (header, codec) = try answer(head)
        try await peer.send(PeerConnection.answer(to: head, headers: [header]))
        return codec
    }

    @Test(
        "messages go both ways compressed, whole and in fragments, under whatever was agreed on",
        arguments: [
            PermessageDeflate.Configuration(),
            PermessageDeflate.Configuration(clientNoContextTakeover: true, serverNoContextTakeover: true),
            PermessageDeflate.Configuration(clientMaxWindowBits: .nine, serverMaxWindowBits: .nine),
            PermessageDeflate.Configuration(clientMaxWindowBits: nil, level: 1, memoryLevel: 1),
        ]
    )
    func roundTrips(configuration: PermessageDeflate.Configuration) async throws {
        try await meet {
            $0.wireExtensions = [PermessageDeflate(configuration)]
        } serve: { peer in
            var codec = try await Self.upgrade(peer)
            for round in 0..<10 {
                for expected in [Bytes(Self.chat), Self.binary] {
                    let frame = try await peer.receiveFrame()
                    #expect(frame.first & 0x40 != 0, "round \(round)")
                    #expect(frame.payload.count * 3 < expected.count)
                    var message: [UInt8] = []
                    try codec.decode(Bytes(frame.payload), isLast: true, into: &message)
                    #expect(Bytes(message) == expected)
                    let compressed = try codec.encode(expected, kind: .text).bytes.array
                    let first: UInt8 = 0x40 | frame.opcode
                    let middle = compressed.count / 2
                    try await peer.send(
                        round % 2 == 0
                            ? serverFrame(0x80 | first, compressed)
                            : serverFrame(first, Array(compressed[..<middle])) + serverFrame(0x89, "ping")
                                + serverFrame(0x80, Array(compressed[middle...]))
                    )
                    if round % 2 == 1 { #expect(try await peer.receiveFrame().first == 0x8A) }
                }
            }
            try await peer.finish()
        } body: { connection in
            #expect(connection.details.extensions == ["permessage-deflate"])
            for _ in 0..<10 {
                for frame in [Frame.text(Self.chat), .binary(Self.binary)] {
                    try await connection.outbound.write([frame])
                    guard case .frames(let batch)? = try await connection.inbound.next() else {
                        Issue.record("expected frames")
                        return
                    }
                    #expect(batch.frames == [frame])
                }
            }
        }
    }

    @Test("small messages, control frames and everything to a server that declines go plain")
    func plain() async throws {
        try await meet {
            $0.wireExtensions = [PermessageDeflate()]
        } serve: { peer in
            _ = try await Self.upgrade(peer)
            #expect(
                try await peer.receiveFrame() == ClientFrame(first: 0x81, isMasked: true, payload: Array("hi".utf8))
            )
            try await peer.send(serverFrame(0x81, "plain") + serverFrame(0x89, "p"))
            #expect(try await peer.receiveFrame() == ClientFrame(first: 0x8A, isMasked: true, payload: Array("p".utf8)))
            try await peer.finish()
        } body: { connection in
            try await connection.outbound.write([.text("hi")])
            guard case .frames(let batch)? = try await connection.inbound.next() else { throw EndOfLine() }
            #expect(batch.frames == [.text("plain")])
        }
        try await meet {
            $0.wireExtensions = [PermessageDeflate()]
        } serve: { peer in
            try await peer.upgrade()
            #expect(try await peer.receiveFrame().text == Self.chat)
            try await peer.finish()
        } body: { connection in
            #expect(connection.details.extensions.isEmpty)
            try await connection.outbound.write([.text(Self.chat)])
        }
    }

    @Test(
        "an answer that does not fit the offer fails the upgrade",
        arguments: [
            "permessage-deflate; client_max_window_bits=16", "permessage-deflate; max_inflate_ratio=25",
            "permessage-deflate; client_max_window_bits", "permessage-deflate, permessage-deflate",
            "permessage-deflate; server_max_window_bits=\"9", "permessage-deflate; =",
        ]
    )
    func misfit(answer: String) async throws {
        let error = try await refusal {
            $0.wireExtensions = [PermessageDeflate()]
        } serve: { peer in
            try await peer.upgrade(headers: ["Sec-WebSocket-Extensions: \(answer)"])
            #expect(try await peer.receiveToEnd() == [])
        }
        #expect(error.code == .upgradeInvalid)
    }

    @Test("a bomb ends the connection with 1009 before it is inflated, bad bytes and bad text end it with 1007")
    func hostile() async throws {
        for kind in ["bomb", "limit", "corrupt", "text"] {
            let error = try await meet {
                $0.wireExtensions = [PermessageDeflate()]
                $0.limits.inflatedMessage = kind == "limit" ? 100_000 : 64_000_000
            } serve: { peer in
                var codec = try await Self.upgrade(peer)
                let zeros = Bytes([UInt8](repeating: 0, count: 10_000_000))
                let message: Bytes
                switch kind {
                case "bomb", "limit": message = zeros
                case "corrupt": message = Bytes([0xFF, 0xFF])
                default: message = [0xC3, 0x28]
                }
                let bytes = kind == "corrupt" ? message : try codec.encode(message, kind: .binary).bytes
                try await peer.send(serverFrame(0x81, "good") + serverFrame(0xC1, bytes.array))
                #expect(try await peer.finish() == (["bomb", "limit"].contains(kind) ? 1009 : 1007))
            } body: { connection in
                await #expect(throws: PhoenixError.self) { try await drain(connection) }
            }
            #expect(error?.code == (["bomb", "limit"].contains(kind) ? .limitExceeded : .transportProtocol), "\(kind)")
        }
    }

    @Test("what Bandit would refuse for its ratio goes plain, and later messages are compressed as before")
    func ratio() async throws {
        let zeros = Bytes([UInt8](repeating: 0, count: 200_000))
        try await meet {
            $0.wireExtensions = [PermessageDeflate()]
        } serve: { peer in
            var codec = try await Self.upgrade(peer)
            for expected in [Bytes(Self.chat), zeros, Bytes(Self.chat)] {
                let frame = try await peer.receiveFrame()
                #expect((frame.first & 0x40 == 0) == (expected == zeros))
                if expected == zeros { continue }
                var message: [UInt8] = []
                try codec.decode(Bytes(frame.payload), isLast: true, into: &message)
                #expect(Bytes(message) == expected)
            }
            try await peer.finish()
        } body: { connection in
            try await connection.outbound.write([.text(Self.chat), .binary(zeros), .text(Self.chat)])
        }
    }

    @Test("the codec is gone with the connection, although its scope goes on")
    func freed() async throws {
        let watched = WatchedExtension()
        try await meet {
            $0.wireExtensions = [watched]
        } serve: { peer in
            try await peer.upgrade(headers: ["Sec-WebSocket-Extensions: x-watched"])
            try await peer.send(serverFrame(0xC1, "a"))
            _ = try await peer.receiveFrame()
            try await peer.close()
        } body: { connection in
            try await connection.outbound.write([.text("a")])
            #expect(watched.isAlive)
            #expect(try await drain(connection).close?.isClean == false)
            #expect(!watched.isAlive)
        }
    }
}

/// An extension that changes nothing and knows whether its codec is still there.
private final class WatchedExtension: WireExtension {
    private final class Memory: Sendable {}

    private struct Weak {
        weak var memory: Memory?
    }

    private struct Codec: WireCodec {
        let memory: Memory

        mutating func encode(_ message: Bytes, kind: Frame.Kind) -> (bytes: Bytes, transformed: Bool) {
            (message, true)
        }

        mutating func decode(_ part: Bytes, isLast: Bool, into message: inout [UInt8]) {
            message += part
        }
    }

    let name = "x-watched"
    let offer = "x-watched"
    private let weak = Mutex<Weak>(Weak())

    var isAlive: Bool { weak.withLock { $0.memory != nil } }

    func accept(_ answer: String?, limits: ConnectionLimits) -> (any WireCodec)? {
        let memory = Memory()
        weak.withLock { $0.memory = memory }
        return Codec(memory: memory)
    }
}
