/// What is known about the way to the network.
public enum NetworkPath: Sendable, Hashable {
    /// There is a way, or another one than before: a connection that waits is tried at once, one that is open is pinged.
    case available
    /// There is none: the next try waits for a way, at most for the longest wait between tries.
    case unavailable
}

/// Tells a socket when the way to the network changes.
///
/// Hints only save time: a socket finds out by itself, later.
public protocol NetworkPathSource: Sendable {
    /// The next change, as soon as there is one; nil when there will be none, or when the task is cancelled.
    func next() async -> NetworkPath?
}

/// A source that a program feeds.
public final class NetworkPathFeed: NetworkPathSource {
    private let queue = EventQueue<NetworkPath>(EventBuffer(limit: 1))

    /// A source that nothing has been reported to yet.
    public init() {}

    /// Tells of a change.
    ///
    /// Of several that nobody has taken yet the last counts.
    public func report(_ path: NetworkPath) { queue.add(path) }

    public func next() async -> NetworkPath? { await queue.takeAll().last }
}

#if canImport(Network)
private import Network

/// The system's own knowledge of the network.
public final class SystemNetworkPaths: NetworkPathSource {
    private let feed = NetworkPathFeed()
    private let monitor = NWPathMonitor()

    /// Begins to watch.
    public init() {
        monitor.pathUpdateHandler = { [feed] path in feed.report(path.status == .satisfied ? .available : .unavailable)
        }
        monitor.start(queue: .global())
    }

    deinit { monitor.cancel() }

    public func next() async -> NetworkPath? { await feed.next() }
}
#endif
