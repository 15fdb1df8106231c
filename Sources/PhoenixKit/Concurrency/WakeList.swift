internal import Synchronization

/// Who is to be woken when the present batch of messages has been handled.
///
/// Waking a task costs more than handling a message; a consumer that is woken for the first message of a batch would wait again before the
/// second is there.
final class WakeList: Sendable {
    private let state = Mutex<[@Sendable () -> Void]>([])

    func add(_ wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.append(wake) }
    }

    func wakeAll() {
        let due = state.withLock { state in
            defer { if !state.isEmpty { state = [] } }
            return state
        }
        for wake in due { wake() }
    }
}
