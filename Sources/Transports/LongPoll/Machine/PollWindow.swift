internal import PhoenixKit

/// How long a request may take, which depends on how long the server keeps a poll waiting (`window_ms`) and is learnt by
/// watching.
///
/// A server answers a poll with 204 when its window has passed, and a POST with 408 when it was not done within it.
struct PollWindow {
    /// What is allowed beyond the window and a half: for the way there and back, and for a server that looks for a lost
    /// session (`pubsub_timeout_ms`, 2 s).
    private static let allowance = Duration.seconds(5)
    /// The longest wait that is believed.
    private static let longest = Duration.seconds(300)

    private let initial: Duration
    /// The longest wait that ended with a 204.
    private(set) var observed: Duration?

    /// - Parameter initial: what is allowed until the server has shown its window.
    init(initial: Duration) {
        self.initial = initial
    }

    /// How long a request may take.
    var allowed: Duration {
        observed.map { $0 * 3 / 2 + Self.allowance } ?? initial
    }

    /// A poll was answered with 204 after `wait`.
    mutating func pollPassed(after wait: Duration) {
        observed = max(observed ?? .zero, min(max(wait, .zero), Self.longest))
    }
}
