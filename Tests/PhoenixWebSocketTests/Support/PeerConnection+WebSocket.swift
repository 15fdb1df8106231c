internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

/// A frame as the client sent it, unmasked.
struct ClientFrame: Hashable {
    var first: UInt8
    var isMasked: Bool
    var payload: [UInt8]

    var isFinal: Bool { first & 0x80 != 0 }
    var opcode: UInt8 { first & 0x0F }
    var text: String { String(decoding: payload, as: UTF8.self) }
    /// The code of a close frame.
    var code: UInt16? { payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil }
}

extension PeerConnection {
    /// Reads the upgrade and answers it, with `glued` in the same write.
    @discardableResult
    func upgrade(headers: [String] = [], glued: [UInt8] = []) async throws -> String {
        let head = try await receiveHead()
        try await send(Array(Self.answer(to: head, headers: headers).utf8) + glued)
        return head
    }

    /// A right answer to the request `head`.
    static func answer(to head: String, headers: [String] = []) -> String {
        let lines = [
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Accept: \(proof(for: head))",
        ]
        return (lines + headers).joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// What Sec-WebSocket-Accept must say to the request `head`.
    static func proof(for head: String) -> String {
        UpgradeAnswer.proof(for: field("sec-websocket-key", in: head) ?? "")
    }

    /// The value of a header in `head`.
    static func field(_ name: String, in head: String) -> String? {
        for line in head.split(separator: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == name {
                return String(parts[1].drop { $0 == " " })
            }
        }
        return nil
    }

    /// The client's next frame.
    func receiveFrame() async throws -> ClientFrame {
        let start = try await receive(2)
        var length = Int(start[1] & 0x7F)
        if length > 125 {
            length = try await receive(length == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
        }
        let isMasked = start[1] & 0x80 != 0
        let key = isMasked ? try await receive(4) : [0, 0, 0, 0]
        let payload = try await receive(length)
        return ClientFrame(
            first: start[0],
            isMasked: isMasked,
            payload: payload.enumerated().map { $0.element ^ key[$0.offset & 3] }
        )
    }

    /// Reads on to the client's close frame, answers it and closes, as a server does.
    @discardableResult
    func finish() async throws -> UInt16? {
        while true {
            let frame = try await receiveFrame()
            guard frame.opcode == 0x8 else { continue }
            try? await send(serverFrame(0x88, frame.payload))
            try await close()
            return frame.code
        }
    }
}

/// A server's frame with this first byte and the shortest header.
func serverFrame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
    let count = payload.count
    let length: [UInt8] =
        count <= 125
        ? [UInt8(count)]
        : count <= 65_535
            ? [126, UInt8(count >> 8), UInt8(count & 255)]
            : [127] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
    return [first] + length + payload
}

func serverFrame(_ first: UInt8, _ text: String) -> [UInt8] {
    serverFrame(first, Array(text.utf8))
}

/// The payload of a close frame.
func closePayload(_ code: UInt16, _ reason: String = "") -> [UInt8] {
    [UInt8(code >> 8), UInt8(code & 255)] + Array(reason.utf8)
}

/// What the serializers of Phoenix deal in.
let serializerCapabilities = SerializerCapabilities(
    emits: [.text, .binary],
    accepts: [.text, .binary],
    isLineBatchable: true
)

extension ScriptedPeer {
    /// A request for this peer, past any proxy, on a clock that stands still: on a busy machine no deadline comes by itself.
    func request(
        scheme: String = "ws",
        host: String = "127.0.0.1",
        path: String = "/socket/websocket",
        query: String? = "vsn=2.0.0",
        _ change: (inout ConnectionRequest) -> Void = { _ in }
    ) -> ConnectionRequest {
        var request = ConnectionRequest(
            url: Endpoint(scheme: scheme, host: host, port: port, path: path, query: query),
            serializer: serializerCapabilities,
            proxy: .none,
            clock: ManualClock()
        )
        change(&request)
        return request
    }
}

/// Lets a client and a scripted server meet over one connection: `serve` runs beside `body`.
func meet<Result: Sendable>(
    _ transport: WebSocketTransport = WebSocketTransport(),
    request change: (inout ConnectionRequest) -> Void = { _ in },
    serve: @escaping @Sendable (PeerConnection) async throws -> Void,
    body: (Connection) async throws -> Result
) async throws -> Result {
    try await ScriptedPeer.run { peer in
        async let served: Void = serve(try await peer.accept())
        let result = try await transport.withConnection(peer.request(change), body)
        try await served
        return result
    }
}

/// Lets a client meet a server and gives the error it ends with.
func refusal(
    _ transport: WebSocketTransport = WebSocketTransport(),
    request change: (inout ConnectionRequest) -> Void = { _ in },
    serve: @escaping @Sendable (PeerConnection) async throws -> Void
) async throws -> PhoenixError {
    try await ScriptedPeer.run { peer in
        async let served: Void = serve(try await peer.accept())
        let error = await #expect(throws: PhoenixError.self) {
            try await transport.withConnection(peer.request(change)) { _ in }
        }
        try? await served
        return try #require(error)
    }
}

/// All frames of one connection up to its end, and the end.
func drain(_ connection: Connection) async throws -> (frames: [Frame], close: ConnectionClose?) {
    var frames: [Frame] = []
    while let event = try await connection.inbound.next() {
        switch event {
        case .frames(let batch): frames += batch.frames
        case .closed(let close): return (frames, close)
        }
    }
    return (frames, nil)
}

/// All frames of one connection up to its end, and the code of the error it ended with; nil where it was closed.
func outcome(of connection: Connection) async -> (frames: [Frame], code: PhoenixError.Code?) {
    var frames: [Frame] = []
    do {
        while case .frames(let batch)? = try await connection.inbound.next() { frames += batch.frames }
        return (frames, nil)
    } catch {
        return (frames, (error as? PhoenixError)?.code)
    }
}
