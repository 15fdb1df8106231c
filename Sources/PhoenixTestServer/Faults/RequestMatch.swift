/// Which long-poll requests a fault is meant for.
///
/// Without a path, those of all sockets.
public struct RequestMatch: Sendable {
    /// What a request is about.
    enum Purpose: Sendable {
        case opening, poll, post
    }

    private let purposes: Set<Purpose>
    private let path: String?
    private let condition: (@Sendable (SiteRequest) -> Bool)?

    private init(_ purposes: Set<Purpose>, path: String? = nil, condition: (@Sendable (SiteRequest) -> Bool)? = nil) {
        self.purposes = purposes
        self.path = path
        self.condition = condition
    }

    /// Every GET and POST.
    public static let any = RequestMatch([.opening, .poll, .post])
    /// GETs without the token of a session, which open one.
    public static let opening = RequestMatch([.opening])
    /// GETs with a token.
    public static let poll = RequestMatch([.poll])
    /// POSTs.
    public static let post = RequestMatch([.post])

    /// Those of the path, such as `/socket/longpoll`.
    public func at(_ path: String) -> RequestMatch {
        RequestMatch(purposes, path: path, condition: condition)
    }

    /// Those for which `condition` holds; it is called on the server's event loop.
    public func `where`(_ condition: @escaping @Sendable (SiteRequest) -> Bool) -> RequestMatch {
        RequestMatch(purposes, path: path, condition: condition)
    }

    func matches(_ request: SiteRequest, hasToken: Bool) -> Bool {
        let purpose: Purpose? =
            switch request.method {
            case "POST": .post
            case "GET": hasToken ? .poll : .opening
            default: nil
            }
        return purpose.map(purposes.contains) == true && (path == nil || path == request.path)
            && (condition?(request) ?? true)
    }
}
