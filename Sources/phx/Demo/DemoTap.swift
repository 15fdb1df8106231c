internal import Phoenix
private import Synchronization

/// Collects the frames of all clients of the demo, for each step to show its own.
final class DemoTap: Sendable {
    struct Entry: Sendable {
        var name: String
        var isSent: Bool
        var frame: Frame
    }

    private let entries = Mutex<[Entry]>([])
    /// More than any step shows.
    private static let limit = 10_000

    /// The frames since the last call.
    func take() -> [Entry] {
        entries.withLock { entries in
            defer { entries = [] }
            return entries
        }
    }

    /// A tap for the connections of one client.
    func named(_ name: String) -> any Wiretap { Named(name: name, tap: self) }

    private func add(_ entry: Entry) {
        entries.withLock { if $0.count < Self.limit { $0.append(entry) } }
    }

    private struct Named: Wiretap {
        let name: String
        let tap: DemoTap

        func saw(_ entry: WiretapEntry) {
            tap.add(Entry(name: name, isSent: entry.direction == .sent, frame: entry.frame))
        }
    }
}
