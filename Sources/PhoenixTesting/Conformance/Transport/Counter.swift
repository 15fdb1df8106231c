internal import Synchronization

/// A number that tasks share.
final class Counter: Sendable {
    private let number = Atomic(0)

    var value: Int { number.load(ordering: .acquiring) }

    func add() {
        number.add(1, ordering: .acquiringAndReleasing)
    }
}
