internal import PhoenixKit
private import Synchronization

/// Sees to it that the closing handshake of a connection ends, from the moment it begins.
final class ClosingWatch: Sendable {
    private struct State {
        /// Closes the connection without ado; nil before the start and after the end.
        var closeNow: (@Sendable () -> Void)?
        /// When the handshake began, if it has.
        var began: Timestamp?
        var watch: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private let limit: Duration
    private let clock: any PhoenixClock

    /// A watch that lets a closing handshake take `limit`.
    init(limit: Duration, clock: any PhoenixClock) {
        self.limit = limit
        self.clock = clock
    }

    /// The closing handshake began at `moment`; the first time counts.
    func begins(at moment: Timestamp) {
        state.withLock { state in
            state.began = state.began ?? moment
            watch(&state)
        }
    }

    /// Watches from now on, and has `closeNow` called when the peer takes too long.
    func start(_ closeNow: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.closeNow = closeNow
            watch(&state)
        }
    }

    /// The connection is gone.
    func end() async {
        let watch = state.withLock { state in
            state.closeNow = nil
            return state.watch
        }
        watch?.cancel()
        await watch?.value
    }

    /// Sleeps in a task of its own, which only closing connections have.
    ///
    /// It ends with `end`.
    private func watch(_ state: inout State) {
        guard let began = state.began, let closeNow = state.closeNow, state.watch == nil else { return }
        state.watch = Task { [clock, limit] in
            do { try await clock.sleep(until: began + limit) } catch { return }
            closeNow()
        }
    }
}
