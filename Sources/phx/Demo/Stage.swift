internal import Phoenix
private import Synchronization

/// Shows the steps of the demo, and knows which one is being played.
final class Stage: Sendable {
    private struct State {
        var title = "starting"
        var steps = 0
    }

    let console: Console
    let tap = DemoTap()
    private let state = Mutex(State())
    init(console: Console) {
        self.console = console
    }

    /// What is being played.
    var title: String { state.withLock { $0.title } }
    /// How many steps went as they should.
    var steps: Int { state.withLock { $0.steps } }

    /// Plays one step: its frames and its result are shown when all in it was as expected.
    ///
    /// - Parameters:
    ///   - title: what is played.
    ///   - frames: how many of its frames are shown at most.
    ///   - body: returns what to say about the result.
    /// - Throws: what `body` throws; nothing is shown then.
    func step(_ title: String, frames: Int = 6, _ body: () async throws -> String) async throws {
        state.withLock { $0.title = title }
        _ = tap.take()
        let result = try await body()
        let number = state.withLock { state in
            state.steps += 1
            return state.steps
        }
        let style = console.style
        let label = String(repeating: " ", count: number < 10 ? 1 : 0) + "\(number)"
        console.line("\(style.dim(label)) \(style.green("✓")) \(style.bold(title.padded(to: 30))) \(result)")
        showWire(atMost: frames)
    }

    /// Shows the frames since the step before, as far as they have arrived.
    private func showWire(atMost limit: Int) {
        let entries = tap.take()
        for entry in entries.prefix(limit) {
            let arrow = entry.isSent ? "→" : "←"
            console.line(
                console.style.dim("       \(entry.name.padded(to: 3)) \(arrow) \(entry.frame.shown.shortened(to: 96))")
            )
        }
        let rest = entries.count - limit
        if rest > 0 { console.line(console.style.dim("       … and \(rest) frames more")) }
    }
}

/// Throws a `DemoFailure` unless `condition` holds.
func check(_ condition: Bool, _ expected: String, _ came: @autoclosure () -> String) throws {
    if !condition { throw DemoFailure(expected: expected, came: came()) }
}
