public import PhoenixKit

/// What a client asks for when it connects: the connect information of Phoenix.
public struct ConnectRequest: Sendable {
    /// The parameters of the query, nested as Plug nests them (`user[id]=7`); `vsn` is among them.
    public var parameters: [String: Value]
    /// The transport as Phoenix names it: `websocket` or `longpoll`.
    public var transport: String
    /// The path that was requested, such as `/socket/websocket`.
    public var path: String
    /// The query as it was sent.
    public var query: String?
    /// The headers in order, names in lower case.
    public var headers: [HeaderField]
    /// The auth token from the subprotocols or, over long polling, from its header; nil when there is none or the socket reads none.
    public var authToken: Secret?
    /// The version of the serializer that was agreed on, such as `2.0.0`.
    public var version: String
    /// Whether the connection is encrypted.
    public var isSecure: Bool
    /// The client's address.
    public var peerAddress: String
    /// The client's port.
    public var peerPort: Int

    init(_ request: SiteRequest, transport: String, authToken: Secret?, version: String) {
        self.transport = transport
        parameters = request.parameters
        path = request.path
        query = request.query
        headers = request.headers
        self.authToken = authToken
        self.version = version
        isSecure = request.isSecure
        peerAddress = request.peerAddress
        peerPort = request.peerPort
    }

    /// The value of the first header called `name`, in whatever case.
    public func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name == name }?.value
    }
}
