public import PhoenixKit

/// A plain HTTP request to a page of the site.
public struct SiteRequest: Sendable {
    /// The method in upper case.
    public var method: String
    /// The path, as requested.
    public var path: String
    /// The query, as requested.
    public var query: String?
    /// The headers in order, names in lower case.
    public var headers: [HeaderField]
    /// The body, at most `ServerLimits.requestBody` bytes.
    public var body: Bytes
    /// Whether the body was larger than that; `body` is empty then.
    var isBodyTooLarge = false
    /// Whether the connection is encrypted.
    public var isSecure: Bool
    /// The client's address.
    public var peerAddress: String
    /// The client's port.
    public var peerPort: Int

    /// A request of these parts.
    public init(
        method: String,
        path: String,
        query: String? = nil,
        headers: [HeaderField] = [],
        body: Bytes = Bytes(),
        isSecure: Bool = false,
        peerAddress: String = "127.0.0.1",
        peerPort: Int = 0
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.isSecure = isSecure
        self.peerAddress = peerAddress
        self.peerPort = peerPort
    }

    /// The parameters of the query, nested as Plug nests them.
    public var parameters: [String: Value] {
        QueryTree.parameters(of: query)
    }

    /// The values of all headers called `name`, in order.
    func values(_ name: String) -> [String] {
        headers.filter { $0.name == name }.map(\.value)
    }

    /// The parts of all headers called `name`, split at commas.
    func list(_ name: String) -> [String] {
        values(name).flatMap { $0.split(separator: ",") }
            .map { part in
                String(part.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
            }
            .filter { !$0.isEmpty }
    }
}
