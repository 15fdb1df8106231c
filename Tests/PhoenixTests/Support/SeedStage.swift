import Phoenix
import PhoenixTestServer
import PhoenixTesting
import Synchronization
import Testing

/// The server of phoenix_gen_socket_client's tests (`test/support/test_site.ex`), and sockets to it.
struct SeedStage: Sendable {
    /// A version of Phoenix's serializer.
    enum Version: String, CaseIterable, Sendable {
        case v2 = "2.0.0"
        case v1 = "1.0.0"

        var serializer: JSONSerializer { self == .v2 ? .v2 : .v1 }
    }

    /// How the client reaches the server, by the name of the path.
    enum Carrier: String, CaseIterable, Sendable {
        case webSocket = "websocket"
        case longPoll = "longpoll"
    }

    /// What a test is run with.
    struct Setting: Sendable, CustomTestStringConvertible {
        var transport: Carrier
        var version: Version

        static let all = Carrier.allCases.flatMap { transport in
            Version.allCases.map { Setting(transport: transport, version: $0) }
        }

        static let webSocketV2 = Setting(transport: .webSocket, version: .v2)

        var serializer: JSONSerializer { version.serializer }
        var anyTransport: AnyTransport {
            switch transport {
            case .webSocket: AnyTransport(WebSocketTransport())
            case .longPoll: AnyTransport(LongPollTransport())
            }
        }
        var testDescription: String { "\(transport.rawValue) \(version.rawValue)" }
    }

    /// The topics whose channels have terminated, for a site to note them.
    final class Ended: Sendable {
        private let topics = Mutex<[String]>([])

        func withLock<Result: Sendable>(_ body: (inout sending [String]) -> sending Result) -> Result {
            topics.withLock(body)
        }
    }

    /// Settings past any proxy and whose clock stands still, so that no deadline passes on a machine that is busy; the suite's time limit holds.
    static var patient: SocketConfiguration {
        var configuration = SocketConfiguration()
        configuration.clock = TestClock()
        configuration.proxy = .none
        return configuration
    }

    let server: PhoenixTestServer
    let setting: Setting
    let ended: Ended

    /// Runs `body` with a server of its own, and stops that.
    static func with(_ setting: Setting, _ body: (SeedStage) async throws -> Void) async throws {
        let ended = Ended()
        try await PhoenixTestServer.withServer(site: site(ended)) { server in
            try await body(SeedStage(server: server, setting: setting, ended: ended))
        }
    }

    /// The first entry of the server's journal that `matches`, however long it takes.
    func entry(where matches: @escaping @Sendable (JournalEntry) -> Bool) async throws -> JournalEntry {
        try await server.journal.wait(on: TestClock(), for: matches)
    }

    /// The first message the server received with `event`, however long it takes.
    func received(_ event: String) async throws -> Message? {
        try await entry { $0.kind == .received && $0.message?.event == event }.message
    }

    /// The URL of a socket of the server.
    func url(_ path: String = "/test_socket") -> String {
        server.url("\(path)/\(setting.transport.rawValue)")
    }

    /// A socket whose transport and serializer the standard registry resolves.
    func socket(
        secret: String = "supersecret",
        connects: Bool = true,
        configuration: SocketConfiguration = SeedStage.patient
    ) throws -> TestSocket {
        try TestSocket(
            url(),
            ["shared_secret": .string(secret)],
            connects: connects,
            registry: .standard,
            options: ["vsn": setting.version.rawValue],
            configuration: configuration
        )
    }

    /// A socket that is connected.
    func connected() async throws -> TestSocket {
        let socket = try socket()
        if let reason = try await socket.waitConnectStatus().reason { throw TestSocketError.other(reason.failure) }
        return socket
    }

    /// A socket that is connected and has joined `topic`.
    func joined(_ topic: String) async throws -> TestSocket {
        let socket = try await connected()
        try await socket.join(topic)
        return socket
    }

    private static func site(_ ended: Ended) -> Site {
        Site { site in
            for (path, secret) in [("/test_socket", "supersecret"), ("/test_socket_updated", "supersecret_updated")] {
                site.socket(path) { socket in
                    socket.onConnect { request in
                        request.parameters["shared_secret"]?.string == secret ? .accept() : .refuse()
                    }
                    socket.channel("channel:*") { channel in describe(&channel, ended) }
                }
            }
        }
    }

    private static func describe(_ channel: inout ChannelRoute, _ ended: Ended) {
        channel.on("sync_event") { _, message in .reply("ok", message.payload) }
        channel.on("push") { context, message in
            guard let event = message.payload["event"]?.string, let payload = message.payload["payload"] else {
                return .crash
            }
            try context.push(event, .payload(payload))
            return .noReply
        }
        channel.on("stop") { _, _ in .stop }
        channel.on("crash") { _, _ in .crash }
        channel.onAny { _, _ in .noReply }
        channel.onTerminate { context in ended.withLock { $0.append(context.topic) } }
    }
}

extension DisconnectReason {
    fileprivate var failure: PhoenixError {
        error ?? PhoenixError(.disconnected, "Expected to connect, got \(self).")
    }
}
