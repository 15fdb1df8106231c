public import PhoenixKit

/// The answer to an HTTP request.
public struct HTTPResponse: Sendable {
    /// The status, such as 200.
    public var status: Int
    /// The headers in order, names in lower case.
    ///
    /// Engines whose library keeps no order give one of their own.
    public var headers: [HeaderField]
    /// The whole body, decoded.
    public var body: Bytes

    /// A response of these parts.
    public init(status: Int, headers: [HeaderField] = [], body: Bytes = Bytes()) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
