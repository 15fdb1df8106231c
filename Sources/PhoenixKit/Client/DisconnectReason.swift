/// Why there is no connection any more, or why there was none.
public struct DisconnectReason: Sendable {
    /// The kind of end.
    ///
    /// More may be added.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        private enum Raw: String, Sendable {
            case failedToConnect, closed, failed, transportDown, replaced, abandoned
        }

        private let raw: Raw

        public var description: String { raw.rawValue }

        /// The connection could not be opened; `error` says why.
        public static let failedToConnect = Kind(raw: .failedToConnect)
        /// The peer or we closed it; `close` says how.
        public static let closed = Kind(raw: .closed)
        /// It broke; `error` says why.
        public static let failed = Kind(raw: .failed)
        /// The transport ended without reporting a close or an error.
        public static let transportDown = Kind(raw: .transportDown)
        /// The handler asked for a connection to somewhere else, by `connectTo` or `move`.
        public static let replaced = Kind(raw: .replaced)
        /// The handler called `disconnect` while the connection was being opened.
        public static let abandoned = Kind(raw: .abandoned)
    }

    /// How it ended.
    public var kind: Kind
    /// How the connection was closed, for `closed`.
    public var close: ConnectionClose?
    /// What went wrong, for `failedToConnect` and `failed`.
    public var error: PhoenixError?

    init(_ kind: Kind, close: ConnectionClose? = nil, error: PhoenixError? = nil) {
        self.kind = kind
        self.close = close
        self.error = error
    }

    /// A connection that could not be opened.
    public static func failedToConnect(_ error: PhoenixError) -> DisconnectReason {
        DisconnectReason(.failedToConnect, error: error)
    }

    /// What the server answered in place of accepting the connection, when it was that.
    public var refusal: UpgradeRefusal? { error?.cause as? UpgradeRefusal }
}

extension DisconnectReason: CustomStringConvertible {
    public var description: String {
        if let error { return "\(kind): \(error)" }
        guard let close else { return kind.description }
        let code = close.code.map(String.init) ?? "no code"
        let reason = close.reason.isEmpty ? "" : ", \(close.reason)"
        return "\(kind) by \(close.isLocal ? "us" : "the server") (\(code)\(reason))"
    }
}
