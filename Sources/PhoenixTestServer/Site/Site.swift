/// Describes what a server serves: its sockets with their channels, and plain HTTP paths.
///
///     let server = try await PhoenixTestServer.start { site in
///         site.socket("/socket") { socket in
///             socket.channel("room:*") { channel in
///                 channel.onJoin { context, parameters in .ok(["joined": Value(context.topic)]) }
///                 channel.on("echo") { context, message in .reply("ok", message.payload) }
///             }
///         }
///     }
///
/// A site is a value; one site may be served several times. All closures run on the server's event loop, one at a time,
/// and must not block.
public struct Site: Sendable {
    var sockets: [String: SocketRoute] = [:]
    var pages: [PageKey: Page] = [:]

    /// Answers a plain HTTP request.
    ///
    /// Throwing answers 500.
    public typealias Page = @Sendable (SiteRequest, ServerControl) throws -> SiteResponse

    struct PageKey: Hashable, Sendable {
        var method: String
        var path: String
    }

    /// Creates a site that serves nothing.
    public init() {}

    /// Creates a site and describes it.
    public init(_ build: (inout Site) throws -> Void) rethrows {
        try build(&self)
    }

    /// Adds a socket at `path`, served under `path/websocket` and `path/longpoll`.
    ///
    /// Of two at one path the later counts.
    public mutating func socket(_ path: String, _ build: (inout SocketRoute) throws -> Void) rethrows {
        var route = SocketRoute()
        try build(&route)
        sockets[Self.trimmed(path)] = route
    }

    /// Adds a page: `method` in upper case, `path` exactly as requested, without a query.
    public mutating func page(_ method: String, _ path: String, _ page: @escaping Page) {
        pages[PageKey(method: method, path: path)] = page
    }

    private static func trimmed(_ path: String) -> String {
        path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}
