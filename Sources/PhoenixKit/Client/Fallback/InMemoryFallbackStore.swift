internal import Synchronization

/// Remembers within the process which transport worked where.
public final class InMemoryFallbackStore: FallbackStore {
    private struct Entry {
        let choice: String
        let moment: Timestamp
    }

    /// The one that all fallbacks of the process share unless they are given another.
    public static let shared = InMemoryFallbackStore()

    private let clock: any PhoenixClock
    private let limit: Int
    private let entries = Mutex<[String: Entry]>([:])

    /// Creates a store that knows nothing.
    ///
    /// - Parameters:
    ///   - limit: how many places it remembers; beyond that the oldest is forgotten.
    ///   - clock: what ages are measured on.
    public init(limit: Int = 256, clock: any PhoenixClock = SystemClock()) {
        self.limit = max(limit, 1)
        self.clock = clock
    }

    public func recall(_ place: String) -> FallbackMemory? {
        let now = clock.now
        return entries.withLock { $0[place] }.map { FallbackMemory(choice: $0.choice, age: now - $0.moment) }
    }

    public func remember(_ choice: String, at place: String) {
        let entry = Entry(choice: choice, moment: clock.now)
        entries.withLock { entries in
            entries[place] = entry
            if entries.count > limit, let oldest = entries.min(by: { $0.value.moment < $1.value.moment }) {
                entries[oldest.key] = nil
            }
        }
    }

    public func forget(_ place: String) {
        entries.withLock { $0[place] = nil }
    }
}
