private import Synchronization

/// A page of the terminal that is drawn again and again, with what else there is to say at its foot.
final class LiveScreen: Console.Board {
    private struct State {
        var notes: [String] = []
        var draw: (@Sendable (_ notes: [String]) -> [String])?
    }

    private static let longest = 20
    private let state = Mutex(State())

    func note(_ text: String) {
        state.withLock { state in
            state.notes.append(text)
            if state.notes.count > Self.longest { state.notes.removeFirst() }
        }
        redraw()
    }

    /// Shows what `draw` makes of the notes, from now on.
    func show(_ draw: @escaping @Sendable (_ notes: [String]) -> [String]) {
        state.withLock { $0.draw = draw }
        redraw()
    }

    /// Draws the page anew, in the place of the old one.
    func redraw() {
        state.withLock { state in
            guard let lines = state.draw?(state.notes) else { return }
            let text = "\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J"
            _ = System.write(text.utf8, to: 1)
        }
    }
}
