internal import PhoenixKit

/// Describes one socket of a site: who may connect, how long it may idle, and which channels it has.
public struct SocketRoute: Sendable {
    /// Decides on a connection.
    public typealias Connect = @Sendable (ConnectRequest) -> ConnectDecision

    /// How long a connection may stay without data from the client before it is closed with 1002 (as Cowboy with 1000); nil for ever.
    ///
    /// Default: what `ServerLimits.idleTimeout` says.
    public var idleTimeout: IdleTimeout = .standard
    /// The values of `Origin` that may connect; nil allows all.
    ///
    /// A request without the header is always allowed.
    public var allowedOrigins: [String]?
    /// Whether the auth token of Phoenix 1.8 is read from the subprotocols, or over long polling from the header
    /// `x-phoenix-authtoken` (`auth_token: true`).
    ///
    /// Without it, subprotocols are not looked at, as Phoenix does when its socket lists none.
    public var readsAuthToken = false
    /// Whether WebSockets are compressed where the client offers permessage-deflate (`compress: true`).
    public var compresses = false
    /// How the socket serves long polling.
    public var longPoll = LongPollOptions()

    var connect: Connect = { _ in .accept() }
    var channels: [(pattern: TopicPattern, route: ChannelRoute)] = []

    /// How long a connection may idle.
    public enum IdleTimeout: Sendable, Hashable {
        /// As the server's limits say.
        case standard
        /// After this long without data.
        case after(Duration)
        /// Never.
        case never
    }

    /// Sets what decides on a connection.
    ///
    /// Without it all are accepted, without an id.
    public mutating func onConnect(_ connect: @escaping Connect) {
        self.connect = connect
    }

    /// Adds a channel for the topics that `pattern` names: one topic, or all that begin alike (`room:*`).
    ///
    /// The first pattern that fits a topic counts.
    public mutating func channel(_ pattern: String, _ build: (inout ChannelRoute) throws -> Void) rethrows {
        var route = ChannelRoute()
        try build(&route)
        channels.append((TopicPattern(pattern), route))
    }

    /// Whether a request comes from where it may; one that does not say may.
    func allowsOrigin(of request: SiteRequest) -> Bool {
        guard let allowedOrigins, let origin = request.values("origin").first else { return true }
        return allowedOrigins.contains(origin)
    }

    func channel(for topic: Bytes) -> ChannelRoute? {
        channels.first { $0.pattern.matches(topic) }?.route
    }
}
