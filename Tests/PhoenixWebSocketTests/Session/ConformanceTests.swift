internal import PhoenixKit
internal import PhoenixTesting
internal import PhoenixWebSocket
internal import Testing

@Suite("The WebSocket transport and the rules of transports", .timeLimit(.minutes(5)))
struct ConformanceTests {
    @Test("the WebSocket transport keeps every rule, and none is left out")
    func conformance() async throws {
        try await ScriptedPeer.run { peer in
            try await ScriptedPeer.run { silent in
                let suite = TransportConformance(
                    WebSocketTransport(),
                    peer: FramePeer(peer: peer, silent: silent),
                    patience: .seconds(120)
                )
                var report = await suite.run()
                // What other tests allocate meanwhile may look like a leak, but not again and again.
                for _ in 0..<3 where report.broken.map(\.rule.name) == ["transport.memory"] {
                    report = await suite.run()
                }
                try report.check()
                let leftOut = report.findings.filter { $0.verdict != .kept }.map(\.rule.name)
                // The thread sanitizer's allocator does not tell.
                #expect(leftOut.filter { $0 != "transport.memory" } == [])
            }
        }
    }
}

/// A WebSocket server that does what the suite tells it.
private struct FramePeer: TransportPeer {
    let peer: ScriptedPeer
    let silent: ScriptedPeer

    var url: Endpoint { peer.request().url }
    var silentURL: Endpoint? { silent.request().url }

    func accept() async throws -> any TransportPeerConnection {
        let connection = try await peer.accept()
        try await connection.upgrade()
        // From here on it reads when it is asked to.
        try await connection.setReading(false)
        return FramePeerConnection(connection: connection)
    }
}

private struct FramePeerConnection: TransportPeerConnection {
    let connection: PeerConnection

    func receive() async throws -> Frame? {
        do {
            try? await connection.setReading(true)
            while true {
                let frame = try await connection.receiveFrame()
                switch frame.opcode {
                case 0x1: return .text(Bytes(frame.payload))
                case 0x2: return .binary(Bytes(frame.payload))
                case 0x8:
                    try? await connection.send(serverFrame(0x88, frame.payload))
                    try await connection.close()
                    return nil
                case 0x9: try await connection.send(serverFrame(0x8A, frame.payload))
                default: break
                }
            }
        } catch is EndOfLine {
            return nil
        }
    }

    func send(_ frames: [Frame]) async throws {
        let bytes = frames.flatMap { serverFrame($0.kind == .text ? 0x81 : 0x82, $0.bytes.array) }
        try await connection.send(bytes)
    }

    /// A server closes the connection when the client has answered its close frame.
    func close() async {
        try? await connection.send(serverFrame(0x88, closePayload(1000)))
        try? await connection.setReading(true)
        while let frame = try? await connection.receiveFrame(), frame.opcode != 0x8 {}
        try? await connection.close()
    }

    func reset() async {
        try? await connection.reset()
    }
}
