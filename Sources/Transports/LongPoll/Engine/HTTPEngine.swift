/// Makes the HTTP requests of a long-poll transport: URLSession by default, another library as third parties like.
///
/// What is sent, when, in which order and with which deadline is not the engine's business; `LongPollTransport` decides it.
public protocol HTTPEngine: Sendable {
    /// The engine's name in errors and logs, such as `URLSession`.
    var name: String { get }
    /// What the engine can do; constant for one value.
    var capabilities: HTTPEngineCapabilities { get }

    /// Prepares for the requests of one connection.
    ///
    /// Sessions share nothing that a server or a proxy could notice: no cookies, no cache, no credentials. The call
    /// need not reach the network. It may wait for what is scarce, and must return or throw soon when the task is cancelled,
    /// which is also how its deadline ends it.
    ///
    /// - Throws: `PhoenixError`; other errors are wrapped in one, with `.unreachable`.
    func open(_ request: HTTPSessionRequest) async throws -> any HTTPSession
}

/// The HTTP requests of one connection.
///
/// There are at most two at a time, a GET and a POST, all to the same server; connections are reused among them.
public protocol HTTPSession: Sendable {
    /// Where the calls of `send` are best made: they, and what is done with the answers, run there.
    ///
    /// An engine whose answers come on a thread or queue of its own saves changing it, twice a request. What runs there does not
    /// block. Default: nil, wherever tasks run.
    var executor: (any TaskExecutor)? { get }

    /// Sends one request, once, and returns the whole answer, whatever its status.
    ///
    /// Rules:
    ///
    /// - Never sent again, whatever happens: the server may have acted on it.
    /// - Redirects are not followed and challenges (401, 407) not answered unless with credentials of the engine's settings; the
    ///   answer is returned as it came.
    /// - No header is added beyond what HTTP itself needs (`Host`, `Content-Length`, `Accept-Encoding` and such), and none
    ///   changed: servers compare `Content-Type` literally.
    /// - Content codings (gzip) that the engine asked for are undone.
    /// - No deadline of its own but the backstop `HTTPRequest.timeout`. The transport keeps the deadline, on the clock of the
    ///   connection, and ends the call by cancelling its task.
    /// - When the task is cancelled the call throws `CancellationError` at once. What becomes of the request is up to the
    ///   engine: it may end it, or abandon it, that is, let it go on and drop the answer. An abandoned request ends with the
    ///   backstop at the latest, and there is a bound on how many of them an engine leaves behind. The transport sends
    ///   nothing else on a session after it cancelled a request.
    ///
    /// - Throws: `PhoenixError`: `.unreachable` when no connection came about, `.tls`, `.timeout` when the backstop passed,
    ///   `.limitExceeded` when the answer is larger than asked for; `CancellationError`. Other errors are wrapped. An error says its
    ///   `stage` where the engine knows it.
    func send(_ request: HTTPRequest) async throws -> HTTPResponse

    /// Ends the session: nothing more is sent, and connections that nobody uses are closed.
    ///
    /// Returns at once, also where requests are abandoned. Called once, after the last `send` returned.
    func close()
}

extension HTTPSession {
    public var executor: (any TaskExecutor)? { nil }
}

/// What an HTTP engine can do beyond requests.
public struct HTTPEngineCapabilities: Sendable, Hashable {
    /// Whether the engine goes through any proxy that `HTTPSessionRequest.proxy` asks for.
    ///
    /// Otherwise it takes only the one that its library finds by itself, and throws where that is not the one asked for.
    public var supportsProxies: Bool
    /// Whether it can show a user name and a password to such a proxy.
    public var supportsProxyCredentials: Bool

    /// Capabilities of these parts.
    public init(supportsProxies: Bool = false, supportsProxyCredentials: Bool = false) {
        self.supportsProxies = supportsProxies
        self.supportsProxyCredentials = supportsProxyCredentials
    }
}
