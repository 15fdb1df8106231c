private import Phoenix
private import Synchronization

/// The line at the bottom of the terminal on which the user types.
final class Prompt: Console.Footer {
    private struct State {
        var editor = LineEditor()
        var decoder = KeyDecoder()
        var label: String
        var isReady = false
    }

    private let state: Mutex<State>
    private let style: Style
    /// How wide the terminal is, asked anew for each drawing.
    private let width: @Sendable () -> Int

    init(label: String, style: Style, width: @escaping @Sendable () -> Int) {
        state = Mutex(State(label: label))
        self.style = style
        self.width = width
    }

    /// Takes what the terminal sent, and answers what it led to.
    func take(_ bytes: [UInt8]) -> [LineEditor.Action] {
        state.withLock { state in
            state.decoder.keys(from: bytes).map { state.editor.take($0) }
        }
    }

    /// Shows whether what is entered can be sent.
    func setReady(_ isReady: Bool) {
        state.withLock { $0.isReady = isReady }
    }

    var drawing: String {
        let (editor, label, isReady) = state.withLock { ($0.editor, $0.label, $0.isReady) }
        let columns = width()
        let mark = (isReady ? label : label + " (not joined)").shortened(to: max(1, columns / 2)) + "> "
        let (text, cursor) = editor.window(columns: columns - mark.columns)
        let column = mark.columns + cursor
        let place = column > 0 ? "\r\u{1B}[\(column)C" : "\r"
        return (isReady ? style.cyan(mark) : style.dim(mark)) + text + place
    }
}
