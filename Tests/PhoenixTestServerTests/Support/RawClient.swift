import NIOCore
import NIOPosix
import NIOSSL
import PhoenixKit

/// A client that knows bytes, HTTP heads and WebSocket frames, and nothing of Phoenix: the other side of the server under
/// test, written without any code of the library.
final class RawClient {
    struct Response: Equatable {
        var status: Int
        var headers: [String: String]
        var body: String
    }

    struct Ended: Error {}

    private let channel: any Channel
    private var chunks: AsyncThrowingStream<[UInt8], any Error>.Iterator
    private var buffer: ArraySlice<UInt8> = []
    private(set) var hasEnded = false

    private init(channel: any Channel, chunks: AsyncThrowingStream<[UInt8], any Error>) {
        self.channel = channel
        self.chunks = chunks.makeAsyncIterator()
    }

    static func connect(
        to port: Int,
        host: String = "127.0.0.1",
        trusting certificate: String? = nil
    ) async throws
        -> RawClient
    {
        let (chunks, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        let tls = try certificate.map { text in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(text.utf8)))
            return try NIOSSLContext(configuration: configuration)
        }
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(Reader(continuation))
                }
            }
            .connect(host: host, port: port)
            .get()
        return RawClient(channel: channel, chunks: chunks)
    }

    // MARK: Sending

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    func send(_ frame: RawFrame) async throws {
        try await send(frame.masked())
    }

    func request(
        _ method: String,
        _ target: String,
        _ headers: [(String, String)] = [],
        body: String = ""
    ) async throws
        -> Response
    {
        try await send(method, target, headers, body: body)
        return try await response()
    }

    /// Sends a request without waiting for the answer.
    func send(
        _ method: String,
        _ target: String,
        _ headers: [(String, String)] = [],
        body: String = ""
    ) async throws {
        var head = "\(method) \(target) HTTP/1.1\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if !headers.contains(where: { $0.0.lowercased() == "host" }) { head += "Host: localhost\r\n" }
        if !body.isEmpty { head += "content-length: \(body.utf8.count)\r\n" }
        try await send(head + "\r\n" + body)
    }

    /// Upgrades to WebSocket.
    ///
    /// The key is that of RFC 6455 section 1.3.
    @discardableResult
    func upgrade(_ target: String, _ headers: [(String, String)] = []) async throws -> Response {
        try await request("GET", target, Self.handshake + headers)
    }

    static let handshake = [
        ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    // MARK: Receiving

    func response() async throws -> Response {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let range = buffer.firstRange(of: end) {
                let lines = String(decoding: buffer[..<range.lowerBound], as: UTF8.self).split(separator: "\r\n")
                buffer = buffer[range.upperBound...]
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
                }
                let length = headers["content-length"].flatMap { Int($0) } ?? 0
                while buffer.count < length { try await more() }
                let body = String(decoding: buffer.prefix(length), as: UTF8.self)
                buffer = buffer.dropFirst(length)
                return Response(status: Int(lines[0].split(separator: " ")[1]) ?? 0, headers: headers, body: body)
            }
            try await more()
        }
    }

    /// The next frame, or nil when the connection has ended.
    func frame() async throws -> RawFrame? {
        while true {
            if let frame = RawFrame.parse(&buffer) { return frame }
            if hasEnded { return nil }
            do { try await more() } catch is Ended { return nil }
        }
    }

    /// The next bytes, or nil when the connection has ended.
    func bytes() async throws -> [UInt8]? {
        if buffer.isEmpty {
            do { try await more() } catch is Ended { return nil }
        }
        defer { buffer = [] }
        return Array(buffer)
    }

    private func more() async throws {
        // The iterator is taken out for the call, as it must not be held across the suspension.
        var iterator = chunks
        let chunk = try await iterator.next(isolation: #isolation)
        chunks = iterator
        guard let chunk else {
            hasEnded = true
            throw Ended()
        }
        buffer = buffer + chunk
    }

    func setReading(_ isReading: Bool) async throws {
        try await channel.setOption(.autoRead, value: isReading).get()
    }

    func close() async {
        try? await channel.close()
    }

    /// Ends the sending half of the TCP connection.
    func finish() async throws {
        try await channel.close(mode: .output)
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let continuation: AsyncThrowingStream<[UInt8], any Error>.Continuation

        init(_ continuation: AsyncThrowingStream<[UInt8], any Error>.Continuation) {
            self.continuation = continuation
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            continuation.yield(Array(buffer: unwrapInboundIn(data)))
        }

        func channelInactive(context: ChannelHandlerContext) {
            continuation.finish()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
