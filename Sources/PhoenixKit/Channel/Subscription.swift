/// A callback that was registered with `on`, and the way to take it back.
///
/// Dropping it does not unsubscribe: a callback that nobody takes back lives as long as its channel or its socket.
public final class Subscription: Sendable {
    private let cancellation: Cancellation
    private let remove: @Sendable () -> Void

    init(_ cancellation: Cancellation, remove: @escaping @Sendable () -> Void) {
        self.cancellation = cancellation
        self.remove = remove
    }

    /// Unsubscribes: no callback begins after this has returned.
    ///
    /// A second call does nothing.
    public func cancel() {
        if cancellation.cancel() { remove() }
    }
}
