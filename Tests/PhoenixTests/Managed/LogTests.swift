import Logging
import Phoenix
import PhoenixTestServer
import Synchronization
import Testing

/// What is logged, at the chattiest level, with the whole of a socket's life behind it.
@Suite("The log", .timeLimit(.minutes(2)))
struct LogTests {
    /// All that was logged, metadata and all.
    private final class Book: Sendable {
        private let entries = Mutex<[String]>([])

        var lines: [String] { entries.withLock { $0 } }

        func add(_ line: String) { entries.withLock { $0.append(line) } }
    }

    private struct Scribe: LogHandler {
        let book: Book
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            book.add("\(event.level) \(event.message) \(metadata) \(event.metadata ?? [:])")
        }
    }

    @Test(
        "no token, parameter, payload or password is logged, whatever goes well or wrong; what happens is",
        arguments: ["websocket", "longpoll"]
    )
    func secrets(_ transport: String) async throws {
        let server = try await PhoenixTestServer.start(site: .recorded)
        let book = Book()
        var settings = PhoenixSocket.Settings()
        settings.client.logger = Logger(label: "phoenix") { _ in Scribe(book: book) }
        settings.client.headers = [HeaderField("X-Api-Key", "s3cret-header")]
        settings.client.proxy = .none
        settings.client.limits.message = 100_000
        settings.parameters = { ["key": "s3cret-parameter"] }
        settings.authToken = { Secret("s3cret-token") }
        settings.fallback.backoff = Backoff(first: .milliseconds(1), longest: .milliseconds(2))
        settings.fallbackStore = InMemoryFallbackStore()
        settings.rejoin = Backoff(first: .milliseconds(1), longest: .milliseconds(2))

        // A life in which all goes well, and then much goes wrong.
        let url = "ws://127.0.0.1:\(server.port)/socket/websocket?pin=s3cret-query"
        let socket = try PhoenixSocket(url, over: [transport], settings: settings)
        let room = socket.channel("room:1", ["password": "s3cret-join"])
        socket.connect()
        try await room.join().response()
        try await room.push("echo", ["card": "s3cret-push"]).response()
        _ = try? await room.push("fail", ["card": "s3cret-push"]).response()
        _ = try? await socket.channel("nope:1", ["password": "s3cret-join"]).join().response()
        try room.push("crash", ["card": "s3cret-push"])
        for await state in room.states where state == .errored { break }
        for await state in room.states where state == .joined { break }
        await server.cut()
        for await state in socket.states where state.kind != .connected { break }
        for await state in socket.states where state.kind == .connected { break }
        socket.stop()
        for await state in socket.states where state.kind == .stopped { break }

        // Connections that are refused: by the server, and by nobody.
        for path in ["auth", "nowhere", "ratelimit"] {
            let target = "ws://127.0.0.1:\(server.port)/\(path)/websocket?pin=s3cret-query"
            let refused = try PhoenixSocket(target, over: [transport], settings: settings)
            refused.connect()
            for await state in refused.states where state.reason != nil { break }
            refused.stop()
        }
        settings.client.proxy = try .url("http://user:s3cret-password@127.0.0.1:1")
        let blocked = try PhoenixSocket(url, over: [transport], settings: settings)
        blocked.connect()
        for await state in blocked.states where state.reason != nil { break }
        blocked.stop()
        await server.stop()

        let lines = book.lines
        for line in lines { #expect(!line.contains("s3cret"), "\(line)") }
        for part in ["proved itself", "A channel crashed", "A channel is refused for good", "generation"] {
            #expect(lines.contains { $0.contains(part) }, "nothing is logged of: \(part)")
        }
    }
}
