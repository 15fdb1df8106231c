/// Where to connect, and what to tell the server's `connect/3`.
public struct ConnectionTarget: Sendable, Hashable {
    /// The URL of the socket.
    ///
    /// A concrete client needs it with its transport's suffix (`/websocket`); one made from a registry can do
    /// without where the options name a transport.
    public var endpoint: Endpoint
    /// The parameters, added to the URL's own query.
    public var parameters: Parameters
    /// Headers for this connection, after those of the configuration.
    public var headers: [HeaderField]
    /// The auth token of Phoenix 1.8.
    public var authToken: Secret?

    /// A target at `endpoint`.
    public init(
        endpoint: Endpoint,
        parameters: Parameters = [:],
        headers: [HeaderField] = [],
        authToken: Secret? = nil
    ) {
        self.endpoint = endpoint
        self.parameters = parameters
        self.headers = headers
        self.authToken = authToken
    }

    /// A target at the URL `endpoint`.
    ///
    /// - Throws: `.invalidURL`.
    public init(_ endpoint: String, _ parameters: Parameters = [:]) throws(PhoenixError) {
        self.init(endpoint: try Endpoint(endpoint), parameters: parameters)
    }
}
