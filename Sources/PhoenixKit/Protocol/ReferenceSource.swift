internal import Synchronization

/// Hands out the references of one client: 1, 2, 3, and so on, never one twice, on whatever connection (hazards B5, B6).
///
/// Heartbeats are sent while the driver may be busy, so the count is atomic.
final class ReferenceSource: Sendable {
    private let last = Atomic<UInt64>(0)

    func next() -> UInt64 {
        last.wrappingAdd(1, ordering: .relaxed).newValue
    }
}
