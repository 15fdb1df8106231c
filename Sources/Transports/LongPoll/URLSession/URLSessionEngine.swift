/// Makes requests with Foundation's URLSession, the default engine.
///
/// It trusts the system's certificate authorities. On Linux it takes proxies from the environment alone (`http_proxy`,
/// `https_proxy`, `all_proxy`, `no_proxy`, in lower case).
///
/// **On Linux** a task of URLSession that is cancelled close to its end brings down the process. So none is: a connection that ends
/// leaves its poll behind until the server answers it, at most a window later, and drops the answer. `capacity` bounds how
/// many connections there are, those with a request left behind included.
public final class URLSessionEngine: HTTPEngine {
    /// The engine that transports share unless told otherwise.
    public static let shared = URLSessionEngine()

    /// How many connections there may be, open ones and those whose last requests go on after their end.
    ///
    /// Where there are as many, opening another waits for the end of one, at most until its deadline.
    public let capacity: Int

    private let places: Places

    /// - Parameter capacity: how many connections there may be; each takes about three descriptors.
    public init(capacity: Int = 256) {
        self.capacity = max(1, capacity)
        places = Places(self.capacity)
    }

    public var name: String { "URLSession" }

    public var capabilities: HTTPEngineCapabilities { HTTPEngineCapabilities() }

    /// How many connections have ended and left a request behind that goes on.
    public var abandonedCount: Int { places.abandonedCount }

    public func open(_ request: HTTPSessionRequest) async throws -> any HTTPSession {
        try await places.take()
        return FoundationSession(places: places)
    }
}
