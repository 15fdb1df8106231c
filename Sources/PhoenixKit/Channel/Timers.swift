/// Deadlines by name: setting one anew moves it, cancelling takes it out.
struct Timers<Key: Hashable> {
    private var queue = DeadlineQueue<(key: Key, version: UInt64)>()
    private var versions: [Key: UInt64] = [:]
    private var last: UInt64 = 0

    /// How many run.
    var count: Int { versions.count }

    /// The earliest deadline of those that run.
    var next: Timestamp? {
        mutating get {
            while let (key, version) = queue.first, versions[key] != version {
                _ = queue.next.flatMap { queue.popDue(at: $0) }
            }
            return queue.next
        }
    }

    func isRunning(_ key: Key) -> Bool { versions[key] != nil }

    mutating func set(_ key: Key, at moment: Timestamp) {
        if versions[key] != nil { queue.forget() }
        last += 1
        versions[key] = last
        queue.add((key, last), at: moment)
        sweep()
    }

    mutating func cancel(_ key: Key) {
        guard versions.removeValue(forKey: key) != nil else { return }
        queue.forget()
        sweep()
    }

    /// Takes out the earliest whose moment has come.
    mutating func popDue(at now: Timestamp) -> Key? {
        while let (key, version) = queue.popDue(at: now) {
            guard versions[key] == version else { continue }
            versions[key] = nil
            return key
        }
        return nil
    }

    private mutating func sweep() {
        queue.compact { [versions] in versions[$0.key] == $0.version }
    }
}
