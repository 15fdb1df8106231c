import PhoenixJSON
import Synchronization
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// A handler that reports what it is told, proofs and probes included, and does what the test asks of it.
struct Traveller: SocketHandler {
    enum Told: Equatable, Sendable {
        case connected(UInt64)
        case proven(UInt64)
        case answered(Reference, Duration)
        case disconnected(String)
        case joined(String)
        case received(String)
        case replied(Reference, PushOutcome)
        case probed(String)
    }

    typealias Info = @Sendable (inout SocketContext<Traveller>) -> Directive
    typealias Request = @Sendable (inout SocketContext<Traveller>) throws -> Reference
    typealias Response = Result<Reference, any Error>

    let told: FrameQueue<Told>
    let target: ConnectionTarget

    mutating func start(_ socket: inout Socket) throws -> Start { .connect(target) }

    mutating func connected(_ socket: inout Socket) -> Directive { tell(.connected(socket.generation)) }

    mutating func proven(_ socket: inout Socket) -> Directive { tell(.proven(socket.generation)) }

    mutating func heartbeatAnswered(_ answer: HeartbeatAnswer, _ socket: inout Socket) -> Directive {
        tell(.answered(answer.reference, answer.roundTrip))
    }

    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        tell(.disconnected(reason.kind.description))
    }

    mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive { tell(.joined(join.topic)) }

    mutating func received(_ message: Message, _ socket: inout Socket) -> Directive { tell(.received(message.event)) }

    mutating func replied(_ reply: Reply, _ socket: inout Socket) -> Directive {
        tell(.replied(reply.reference, reply.outcome))
    }

    mutating func handle(_ info: Info, _ socket: inout Socket) -> Directive { info(&socket) }

    mutating func handle(_ request: Request, from caller: Caller<Response>, _ socket: inout Socket) -> Directive {
        caller.reply(Result { try request(&socket) })
        return .ok
    }

    private func tell(_ event: Told) -> Directive {
        told.add(event)
        return .ok
    }
}

/// A client between two loopback transports, one called `websocket` and one called `longpoll`.
final class TwoWays: Sendable {
    let webSocket = LoopbackTransport()
    let longPoll = LoopbackTransport(
        capabilities: TransportCapabilities(
            name: "longpoll",
            schemes: .http,
            needsHeartbeat: false,
            downstream: [.text]
        )
    )
    let clock = TestClock()
    /// What the server's waits are measured on: it stands still, so that they end by what they wait for.
    private let patience = TestClock()
    let told = FrameQueue<Traveller.Told>()
    let client: SocketClient<Traveller, AnyTransport, AnySerializer>

    let webSocketTarget: ConnectionTarget
    let longPollTarget: ConnectionTarget
    /// Where the client begins.
    private let first: LoopbackTransport

    init(begin: String = "longpoll", configure: (inout SocketConfiguration) -> Void = { _ in }) throws {
        webSocketTarget = try ConnectionTarget("ws://server.test/socket/websocket", ["token": "s3cret"])
        longPollTarget = try ConnectionTarget("http://server.test/socket/longpoll", ["token": "s3cret"])
        first = begin == "longpoll" ? longPoll : webSocket
        var configuration = SocketConfiguration()
        configuration.clock = clock
        configure(&configuration)
        client = SocketClient(
            Traveller(told: told, target: begin == "longpoll" ? longPollTarget : webSocketTarget),
            registry: Self.registry(webSocket, longPoll),
            configuration: configuration
        )
    }

    static func registry(_ webSocket: LoopbackTransport, _ longPoll: LoopbackTransport) -> PluginRegistry {
        var registry = PluginRegistry.empty
        registry.register(TransportPlugin(name: "websocket", schemes: .webSocket) { _ in webSocket })
        registry.register(TransportPlugin(name: "longpoll", schemes: .http) { _ in longPoll })
        registry.register(.json)
        return registry
    }

    /// Starts the client and accepts its first connection.
    func open() async throws -> LoopbackPhoenix {
        client.start()
        let phoenix = try await accept(first)
        #expect(await next() == .connected(1))
        return phoenix
    }

    /// The next connection on `transport`, with Phoenix at its other end.
    func accept(_ transport: LoopbackTransport) async throws -> LoopbackPhoenix {
        try await transport.accept(speaking: JSONSerializer.v2, clock: patience)
    }

    /// What the handler is told next.
    func next() async -> Traveller.Told? { await told.next() }

    /// Runs `action` in the handler, and returns or throws what it did.
    @discardableResult
    func act(_ action: @escaping Traveller.Request) async throws -> Reference {
        try await client.call(action).get()
    }

    /// Has the handler return `directive` from a callback.
    func direct(_ directive: Directive) throws {
        try client.send { _ in directive }
    }

    /// Joins `topic`, server and all; the first answer on a connection proves it.
    func join(_ topic: String, at phoenix: LoopbackPhoenix, proves generation: UInt64? = nil) async throws {
        try await act { try $0.join(topic) }
        try await phoenix.acceptJoin(topic)
        #expect(await next() == .joined(topic))
        if let generation { #expect(await next() == .proven(generation)) }
    }

    /// Has the handler probe `target`, and returns once the outcome is on its way to it.
    func probe(_ target: ConnectionTarget) throws {
        let told = told
        try client.send { socket in
            socket.probe(target) { outcome in
                { _ in
                    switch outcome {
                    case .proven(let roundTrip): told.add(.probed("proven in \(roundTrip)"))
                    case .failed(let reason): told.add(.probed("\(reason)"))
                    }
                    return .ok
                }
            }
            return .ok
        }
    }

    static let ok = PushOutcome.reply(status: "ok", response: Payload("{}", format: JSONFormat()))
}
