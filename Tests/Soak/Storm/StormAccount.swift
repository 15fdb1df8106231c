import Phoenix
import PhoenixTestServer
import Synchronization

/// What the clients say became of each of their pushes.
final class StormAccount: Sendable {
    private enum Fate {
        case open
        case answered
        case ended
    }

    private struct Book {
        var fates: [Int64: Fate] = [:]
        var last: Int64 = 0
        var faults: [String] = []
    }

    private let book = Mutex(Book())

    /// How many pushes have not ended.
    var openCount: Int { book.withLock { $0.fates.values.count { $0 == .open } } }

    var totals: (pushes: Int, answered: Int) {
        book.withLock { ($0.fates.count, $0.fates.values.count { $0 == .answered }) }
    }

    /// The number of the next push.
    func next() -> Int64 {
        book.withLock { book in
            book.last += 1
            return book.last
        }
    }

    /// A push was handed over; it is told to end once.
    func began(_ number: Int64, _ push: Push) {
        book.withLock { $0.fates[number] = .open }
        push.onOutcome { [self] in ended(number, $0) }
    }

    private func ended(_ number: Int64, _ outcome: PushOutcome) {
        book.withLock { book in
            if book.fates[number] != .open { book.faults.append("push \(number) ended twice") }
            guard case .reply(let status, let response) = outcome else {
                book.fates[number] = .ended
                return
            }
            book.fates[number] = status == "ok" ? .answered : .ended
            if status == "ok", response["n"]?.integer != number {
                book.faults.append("push \(number) got the reply to \(response["n"]?.integer ?? 0)")
            }
        }
    }

    /// What the server's journal says against it: a push that was answered was received once, any other at most once.
    func compare(with journal: Journal) -> [String] {
        guard journal.dropped == 0 else { return ["the journal was too small"] }
        var received: [Int64: Int] = [:]
        for message in journal.received(event: "count") {
            received[message.payload["n"]?.integer ?? -1, default: 0] += 1
        }
        return book.withLock { book in
            var faults = book.faults
            for (number, count) in received.sorted(by: { $0.key < $1.key }) {
                if count > 1 { faults.append("the server got push \(number) \(count) times") }
                if book.fates[number] == nil { faults.append("the server got push \(number), which was refused here") }
            }
            for (number, fate) in book.fates where fate == .answered && received[number] == nil {
                faults.append("push \(number) was answered, but the server never got it")
            }
            return Array(faults.prefix(10))
        }
    }
}

/// Raised once.
final class Flag: Sendable {
    private let state = Mutex(false)

    var isRaised: Bool { state.withLock { $0 } }

    func raise() { state.withLock { $0 = true } }
}

/// A generator whose choices a seed repeats.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
