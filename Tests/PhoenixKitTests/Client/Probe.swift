import PhoenixJSON
import PhoenixKit
import Synchronization
import Testing

@testable import PhoenixTesting

/// What a handler was told.
enum Told: Equatable, Sendable {
    case connected(UInt64)
    case disconnected(String)
    case joined(String, Reference)
    case joinFailed(String, PushOutcome)
    case closed(String, ChannelClosure.Kind)
    case received(String, String, String)
    case replied(Reference, PushOutcome)
    case dropped(DropReason)
    case undecodable(PhoenixError.Code)
    case terminated(String)
}

/// A handler that reports what it is told and does what the test asks of it.
struct Probe: SocketHandler {
    typealias Info = @Sendable (inout SocketContext<Probe>) -> Directive
    typealias Request = @Sendable (inout SocketContext<Probe>) throws -> Bool
    typealias Response = Result<Bool, any Error>

    let told: FrameQueue<Told>
    var begin: @Sendable () throws -> Start = { try .connect("ws://server.test/socket/websocket", ["token": "s3cret"]) }
    /// What to return from `disconnected`, besides reporting.
    var reconnects = false
    /// Kept to see that it is freed.
    var ballast: AnyObject?

    mutating func start(_ socket: inout Socket) throws -> Start { try begin() }

    mutating func connected(_ socket: inout Socket) -> Directive {
        told.add(.connected(socket.generation))
        return .ok
    }

    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        told.add(.disconnected(reason.description))
        return reconnects ? .connect : .ok
    }

    mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive {
        told.add(.joined(join.topic, join.reference))
        return .ok
    }

    mutating func joinFailed(_ failure: JoinFailure, _ socket: inout Socket) -> Directive {
        told.add(.joinFailed(failure.topic, failure.outcome))
        return .ok
    }

    mutating func channelClosed(_ closure: ChannelClosure, _ socket: inout Socket) -> Directive {
        told.add(.closed(closure.topic, closure.kind))
        return .ok
    }

    mutating func received(_ message: Message, _ socket: inout Socket) -> Directive {
        told.add(.received(message.topic, message.event, message.payload.bytes.text))
        return .ok
    }

    mutating func replied(_ reply: Reply, _ socket: inout Socket) -> Directive {
        told.add(.replied(reply.reference, reply.outcome))
        return .ok
    }

    mutating func handle(_ info: Info, _ socket: inout Socket) -> Directive { info(&socket) }

    mutating func handle(_ request: Request, from caller: Caller<Response>, _ socket: inout Socket) -> Directive {
        caller.reply(Result { try request(&socket) })
        return .ok
    }

    mutating func dropped(_ message: Message, _ reason: DropReason, _ socket: inout Socket) -> Directive {
        told.add(.dropped(reason))
        return .ok
    }

    mutating func undecodable(_ frame: Frame, _ error: PhoenixError, _ socket: inout Socket) -> Directive {
        told.add(.undecodable(error.code))
        return .ok
    }

    mutating func terminate(_ reason: StopReason) {
        told.add(.terminated("\(reason)"))
    }
}

/// A client over the loopback transport, its server and its clock.
final class Bench: Sendable {
    typealias Client = SocketClient<Probe, LoopbackTransport, JSONSerializer>

    let transport = LoopbackTransport()
    let clock = TestClock()
    let told = FrameQueue<Told>()
    let client: Client
    let serializer: JSONSerializer

    init(
        serializer: JSONSerializer = .v2,
        reconnects: Bool = false,
        begin: (@Sendable () throws -> Start)? = nil,
        configure: (inout SocketConfiguration) -> Void = { _ in }
    ) {
        self.serializer = serializer
        var configuration = SocketConfiguration()
        configuration.clock = clock
        configure(&configuration)
        var probe = Probe(told: told, reconnects: reconnects)
        if let begin { probe.begin = begin }
        client = SocketClient(probe, transport: transport, serializer: serializer, configuration: configuration)
    }

    /// Starts the client and accepts its first connection.
    func open() async -> LoopbackServer {
        client.start()
        let server = await transport.accept()
        #expect(await next() == .connected(1))
        return server
    }

    /// What the handler is told next.
    func next() async -> Told? { await told.next() }

    /// Runs `action` in the handler and returns what it returned, or throws what it threw.
    @discardableResult
    func act(_ action: @escaping Probe.Request) async throws -> Bool {
        try await client.call(action).get()
    }

    /// The next message the client sent.
    func message(_ server: LoopbackServer) async throws -> Message {
        let frame = try #require(await server.receive())
        return try serializer.decode(frame, as: .server)
    }

    /// Sends a message as the server would.
    func send(
        _ server: LoopbackServer,
        _ event: String,
        on topic: String,
        joinReference: Reference? = nil,
        reference: Reference? = nil,
        status: String? = nil,
        _ payload: PayloadContent = [:]
    ) throws {
        let message = Message(
            joinReference: joinReference,
            reference: reference,
            topic: topic,
            event: event,
            status: status,
            payload: try payload.encode(in: JSONFormat())
        )
        server.send(try serializer.encode(message, as: .server))
    }

    /// Answers a message with a reply.
    func reply(_ server: LoopbackServer, to message: Message, status: String = "ok") throws {
        try send(
            server,
            "phx_reply",
            on: message.topic,
            joinReference: message.joinReference,
            reference: message.reference,
            status: status
        )
    }

    /// Joins `topic`, server and all.
    @discardableResult
    func join(_ server: LoopbackServer, _ topic: String) async throws -> Reference {
        try await act {
            try $0.join(topic)
            return true
        }
        let join = try await message(server)
        #expect(join.event == "phx_join")
        #expect(join.joinReference == join.reference)
        try reply(server, to: join)
        let reference = try #require(join.reference)
        #expect(await next() == .joined(topic, reference))
        return reference
    }

    static let ok = PushOutcome.reply(status: "ok", response: Payload("{}", format: JSONFormat()))
}
