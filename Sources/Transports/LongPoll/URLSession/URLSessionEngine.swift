/// Makes requests with Foundation's URLSession, the default engine.
///
/// It trusts the system's certificate authorities. On Linux it goes through the proxies of the environment alone (`http_proxy`,
/// `https_proxy`, `all_proxy`, `no_proxy`; not `HTTP_PROXY` in upper case); a connection that asks for another one, or for
/// none where the environment names one, throws `.invalidOption`. On Apple platforms it takes any proxy that needs no
/// credentials, and the system's where neither the settings nor the environment name one.
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

    public var capabilities: HTTPEngineCapabilities {
        #if canImport(FoundationNetworking)
        HTTPEngineCapabilities(supportsProxies: false)
        #else
        HTTPEngineCapabilities(supportsProxies: true)
        #endif
    }

    /// How many connections have ended and left a request behind that goes on.
    public var abandonedCount: Int { places.abandonedCount }

    /// How many connections wait for the end of another, so that they can be opened.
    var waitingCount: Int { places.waitingCount }

    public func open(_ request: HTTPSessionRequest) async throws -> any HTTPSession {
        let proxy = try FoundationProxy(request.proxy, for: request.url)
        try await places.take()
        return FoundationSession(places: places, proxy: proxy)
    }
}
