internal import Synchronization

/// Whether a server runs, for those who come from other threads: a stopped event loop takes no orders.
final class Lifetime: Sendable {
    private let hasEnded = Atomic(false)

    var isOver: Bool { hasEnded.load(ordering: .acquiring) }

    /// Ends it; answers false when it had ended before.
    func end() -> Bool {
        !hasEnded.exchange(true, ordering: .acquiringAndReleasing)
    }
}
