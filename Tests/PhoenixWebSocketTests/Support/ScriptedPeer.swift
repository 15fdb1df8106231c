internal import NIOCore
internal import NIOPosix
internal import NIOSSL
private import Synchronization

#if canImport(Glibc)
private import Glibc
#else
private import Darwin
#endif

/// A server of raw TCP on a port of its own: it accepts connections and leaves every byte to the test.
final class ScriptedPeer: Sendable {
    /// The channels that are open.
    private final class Register: Sendable {
        private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

        var open: [any Channel] { channels.withLock { Array($0.values) } }

        func add(_ channel: any Channel) {
            let key = ObjectIdentifier(channel)
            channels.withLock { $0[key] = channel }
            channel.closeFuture.whenComplete { [self] _ in channels.withLock { $0[key] = nil } }
        }
    }

    private let channel: any Channel
    private let accepted: Line<PeerConnection>
    private let register: Register

    let port: UInt16

    private init(channel: any Channel, accepted: Line<PeerConnection>, register: Register) {
        self.channel = channel
        self.accepted = accepted
        self.register = register
        port = UInt16(channel.localAddress?.port ?? 0)
    }

    /// Runs `body` with a peer and stops it afterwards.
    static func run<Result>(
        tls: NIOSSLContext? = nil,
        receiveBuffer: Int? = nil,
        _ body: (ScriptedPeer) async throws -> Result
    ) async throws -> Result {
        let accepted = Line<PeerConnection>()
        let register = Register()
        var bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = PeerConnection(channel)
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.addHandler(PeerHandler(connection))
                    register.add(channel)
                    accepted.put(contentsOf: [connection])
                }
            }
        if let receiveBuffer {
            bootstrap = bootstrap.serverChannelOption(.socketOption(.so_rcvbuf), value: receiveBuffer)
        }
        let channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        let peer = ScriptedPeer(channel: channel, accepted: accepted, register: register)
        do {
            let result = try await body(peer)
            try await peer.stop()
            return result
        } catch {
            try await peer.stop()
            throw error
        }
    }

    /// The next connection.
    func accept() async throws -> PeerConnection {
        try await accepted.take()
    }

    private func stop() async throws {
        accepted.end()
        try await channel.close()
        for connection in register.open { try? await connection.close() }
    }
}

/// The peer's end of one connection.
final class PeerConnection: Sendable {
    fileprivate let channel: any Channel
    fileprivate let incoming = Line<UInt8>()

    fileprivate init(_ channel: any Channel) {
        self.channel = channel
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    /// Sends `text`, and speaks TLS from then on.
    func startTLS(_ context: NIOSSLContext, after text: String) async throws {
        try await channel.eventLoop.submit { [channel] in
            channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context), position: .first)
        }.get()
    }

    /// Exactly `count` bytes.
    func receive(_ count: Int) async throws -> [UInt8] {
        try await incoming.take(count)
    }

    /// The bytes up to and including an empty line.
    func receiveHead() async throws -> String {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head += try await incoming.take(1) }
        return String(decoding: head, as: UTF8.self)
    }

    /// Waits until the client has closed its end, and gives what came before.
    func receiveToEnd() async throws -> [UInt8] {
        try await incoming.takeToEnd()
    }

    /// Closes both directions.
    func close() async throws {
        try? await channel.close()
    }

    /// Resets the connection (RST).
    func reset() async throws {
        try await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try? await channel.close()
    }

    /// Stops or goes on reading.
    func setReading(_ isReading: Bool) async throws {
        try await channel.setOption(.autoRead, value: isReading).get()
    }
}

/// Hands what arrives to a connection's line.
private final class PeerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let connection: PeerConnection

    init(_ connection: PeerConnection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.incoming.put(contentsOf: Array(unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.incoming.end()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// The other side went away while more was expected of it.
struct EndOfLine: Error {}

/// Elements that one side puts in and one task takes out.
final class Line<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        /// Those that were put in one by one, also when they have been taken.
        var all: [Element] = []
        /// How many of `elements` have been taken; they are dropped now and then, not each time.
        var taken = 0
        var isOver = false
        var waiter: CheckedContinuation<Void, Never>?

        var count: Int { elements.count - taken }
    }

    private let state = Mutex(State())

    var everything: [Element] { state.withLock { $0.all } }

    func put(_ element: Element) {
        change {
            $0.elements.append(element)
            $0.all.append(element)
        }
    }

    func put(contentsOf elements: [Element]) {
        change { $0.elements += elements }
    }

    func end() {
        change { $0.isOver = true }
    }

    func take() async throws -> Element {
        try await take(1)[0]
    }

    func take(_ count: Int) async throws -> [Element] {
        while true {
            let (taken, isOver) = state.withLock { state -> ([Element]?, Bool) in
                guard state.count >= count else { return (nil, state.isOver) }
                let taken = Array(state.elements[state.taken..<state.taken + count])
                state.taken += count
                if state.count == 0 {
                    state.elements.removeAll(keepingCapacity: true)
                    state.taken = 0
                } else if state.taken > 65_536, state.taken > state.elements.count / 2 {
                    state.elements.removeFirst(state.taken)
                    state.taken = 0
                }
                return (taken, false)
            }
            if let taken { return taken }
            if isOver { throw EndOfLine() }
            await changed { $0.count >= count || $0.isOver }
        }
    }

    func takeToEnd() async throws -> [Element] {
        await changed { $0.isOver }
        return state.withLock { state in
            defer {
                state.elements = []
                state.taken = 0
            }
            return Array(state.elements[state.taken...])
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let waiter = state.withLock { state in
            body(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns when `condition` holds.
    private func changed(until condition: (State) -> Bool) async {
        while true {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isTrue = state.withLock { state in
                    if condition(state) { return true }
                    state.waiter = continuation
                    return false
                }
                if isTrue { continuation.resume() }
            }
            if state.withLock({ condition($0) }) { return }
        }
    }
}
