/// A transport and a serializer that fit each other, and the URL to use them with.
public struct Resolution<T: Transport, S: Serializer>: Sendable {
    /// The transport that was chosen.
    public var transport: T
    /// The serializer that was chosen.
    public var serializer: S
    /// The complete URL: the transport's scheme and suffix, the parameters and the `vsn`.
    public var url: Endpoint
    /// The wire extensions to offer.
    public var wireExtensions: [any WireExtension]
    /// Which proxy to go through; nil where the options do not say, and the client's own setting counts.
    public var proxy: ProxySettings?
    /// What does not apply and why, in sentences for people: a deflate that the transport has no place for, for one.
    public var notes: [String]

    /// A resolution of these parts.
    public init(
        transport: T,
        serializer: S,
        url: Endpoint,
        wireExtensions: [any WireExtension] = [],
        proxy: ProxySettings? = nil,
        notes: [String] = []
    ) {
        self.transport = transport
        self.serializer = serializer
        self.url = url
        self.wireExtensions = wireExtensions
        self.proxy = proxy
        self.notes = notes
    }
}

extension Endpoint {
    /// The endpoint in a scheme of `schemes`: `ws`, `http` and their secure twins are translated, the transport's
    /// own schemes stay.
    ///
    /// Nil for any other.
    func translated(to schemes: TransportCapabilities.Schemes) -> Endpoint? {
        var copy = self
        switch scheme {
        case schemes.plain, schemes.secure: break
        case "ws", "http": copy.scheme = schemes.plain
        case "wss", "https": copy.scheme = schemes.secure
        default: return nil
        }
        return copy
    }

    /// The endpoint with `parameters` and with `vsn` in its query, where it is not there yet.
    ///
    /// - Throws: `.versionConflict` when it is there and does not fit `version`.
    func completed(with parameters: Parameters, version: String) throws(PhoenixError) -> Endpoint {
        let complete = appending(parameters.items)
        // Of a name given twice the server takes the last (Plug.Conn.Query).
        guard let asked = complete.queryItems.last(where: { $0.name == "vsn" })?.value else {
            return complete.appending([QueryItem("vsn", version)])
        }
        guard Self.version(asked, fits: version) else {
            throw PhoenixError(
                .versionConflict,
                "Expected vsn \(version), which the serializer speaks, got vsn \(asked) in the URL or the parameters. "
                    + "Drop it, or choose the serializer of that version."
            )
        }
        return complete
    }

    /// Whether `asked` is one of the versions that a server serves with its serializer for `version`: the same major and
    /// minor number (Phoenix.Socket registers them as `~> 1.0.0` and `~> 2.0.0`).
    static func version(_ asked: String, fits version: String) -> Bool {
        let parts = asked.split(separator: ".", omittingEmptySubsequences: false)
        // Elixir's Version takes neither signs nor leading zeros.
        let isNumber = { (part: Substring) in UInt(part).map { String($0) == part } ?? false }
        return parts.count == 3 && parts.allSatisfy(isNumber)
            && parts.prefix(2) == version.split(separator: ".").prefix(2)
    }
}
