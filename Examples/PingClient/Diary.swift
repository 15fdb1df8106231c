import Foundation
import Synchronization

/// What the clients went through: printed line by line, and counted.
final class Diary: Sendable {
    enum Event: Hashable, Sendable {
        case connected, disconnected, joined, rejoined, joinFailed, channelClosed, pong, terminated, restarted
    }

    private struct State {
        var counts: [Event: Int] = [:]
        var goals: [Event: Int] = [:]
    }

    private let state = Mutex(State())
    private let reached = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    /// Keeps a diary until each event has happened as often as `goals` says.
    init(goals: [Event: Int]) {
        state.withLock { $0.goals = goals }
    }

    func note(_ event: Event, _ line: String) {
        say(line)
        let isReached = state.withLock { state in
            state.counts[event, default: 0] += 1
            return state.goals.allSatisfy { state.counts[$0.key, default: 0] >= $0.value }
        }
        if isReached { reached.continuation.finish() }
    }

    func count(of event: Event) -> Int {
        state.withLock { $0.counts[event, default: 0] }
    }

    /// Returns when the goals are reached, or the task is cancelled.
    func waitForGoals() async {
        for await _ in reached.stream {}
    }
}

/// Prints a line at once, into a pipe as well.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}
