private import Phoenix
private import Synchronization

/// Where the tool writes: results to standard output, notes about them to standard error, whole lines at a time.
///
/// While a prompt is shown, lines are written above it and the prompt is drawn again. May be used from any thread.
final class Console: Sendable {
    /// What is drawn below the output while the user types.
    protocol Footer: Sendable {
        /// The bytes that draw it on an empty line and leave the cursor where it belongs.
        var drawing: String { get }
    }

    /// What fills the terminal, and has a place for lines of its own.
    protocol Board: Sendable {
        func note(_ text: String)
    }

    private struct State {
        var footer: (any Footer)?
        var board: (any Board)?
    }

    /// The colours of standard output.
    let style: Style
    /// The colours of standard error.
    let noteStyle: Style
    /// Whether results are lines of JSON.
    let isJSON: Bool
    /// Whether notes are left out.
    let isQuiet: Bool
    private let state = Mutex(State())

    /// - Parameters:
    ///   - json: whether results are JSON on a terminal too.
    ///   - plain: whether they are text for people everywhere.
    ///   - quiet: whether notes are left out.
    init(json: Bool = false, plain: Bool = false, quiet: Bool = false) {
        let isTerminal = System.isTerminal(1)
        isJSON = !plain && (json || !isTerminal)
        isQuiet = quiet
        style = Style(
            isColoured: !isJSON && Style.allowsColour(isTerminal: isTerminal, environment: System.environment)
        )
        noteStyle = Style(
            isColoured: Style.allowsColour(isTerminal: System.isTerminal(2), environment: System.environment)
        )
    }

    /// Writes a line to standard output.
    ///
    /// When nobody reads it any more (`| head -1`), the process ends: there is nothing left to do.
    func line(_ text: String) {
        if !write(text, to: 1) { System.exit(0) }
    }

    /// Writes a line about what goes on to standard error, unless the user wants none.
    func note(_ text: @autoclosure () -> String) {
        if !isQuiet { _ = write(text(), to: 2) }
    }

    /// Writes a line to standard error, always.
    func warn(_ text: String) {
        _ = write(text, to: 2)
    }

    /// Goes to a new line on a terminal, which shows `^C` for a Ctrl-C.
    func leaveLine() {
        state.withLock { state in
            if state.footer == nil, state.board == nil, System.isTerminal(2) { _ = System.write("\n".utf8, to: 2) }
        }
    }

    /// Shows `footer` below all that follows, or takes the present one away.
    func setFooter(_ footer: (any Footer)?) {
        state.withLock { state in
            if state.footer != nil { _ = System.write("\r\u{1B}[K".utf8, to: 1) }
            state.footer = footer
            draw(state.footer)
        }
    }

    /// Hands lines to `board` from now on, or writes them again.
    func setBoard(_ board: (any Board)?) {
        state.withLock { $0.board = board }
    }

    /// Changes the footer by `change` and draws it again.
    func redraw(after change: () -> Void) {
        state.withLock { state in
            change()
            draw(state.footer)
        }
    }

    /// Rings the terminal's bell.
    func ring() { _ = System.write([0x07], to: 1) }

    /// Clears the terminal and draws the footer at its top.
    func clear() {
        state.withLock { state in
            _ = System.write("\u{1B}[H\u{1B}[2J".utf8, to: 1)
            draw(state.footer)
        }
    }

    private func write(_ text: String, to descriptor: Int32) -> Bool {
        if let board = state.withLock({ $0.board }) {
            board.note(text)
            return true
        }
        return state.withLock { state in
            guard let footer = state.footer else { return System.write((text + "\n").utf8, to: descriptor) }
            guard System.write("\r\u{1B}[K".utf8, to: 1), System.write((text + "\n").utf8, to: descriptor) else {
                return false
            }
            draw(footer)
            return true
        }
    }

    private func draw(_ footer: (any Footer)?) {
        if let footer { _ = System.write(("\r\u{1B}[K" + footer.drawing).utf8, to: 1) }
    }
}
