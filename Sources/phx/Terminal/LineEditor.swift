/// A line being typed: takes keys, and answers what they lead to.
///
/// Knows nothing of a terminal. The keys are those of readline's Emacs mode.
struct LineEditor: Sendable {
    /// What a key led to.
    enum Action: Equatable, Sendable {
        /// Perhaps another text or another place of the cursor.
        case edited
        /// The line is complete.
        case submitted(String)
        /// Nothing can be done: ring the bell.
        case refused
        /// Control-C on an empty line.
        case interrupted
        /// Control-D on an empty line.
        case ended
        /// Control-L.
        case clear
    }

    /// No line gets longer, in bytes.
    static let limit = 100_000

    /// The text before the cursor.
    private(set) var left = ""
    /// The text behind the cursor.
    private(set) var right = ""
    private var killed = ""
    private var history = LineHistory()

    /// The whole line.
    var text: String { left + right }

    mutating func take(_ key: Key) -> Action {
        switch key {
        case .scalar(let scalar): insert(String(scalar))
        case .enter: submit()
        case .backspace, .control("h"): edit(!left.isEmpty) { $0.left.removeLast() }
        case .delete: edit(!right.isEmpty) { $0.right.removeFirst() }
        case .left, .control("b"): edit(!left.isEmpty) { $0.moveLeft() }
        case .right, .control("f"): edit(!right.isEmpty) { $0.moveRight() }
        case .home, .control("a"): edit(true) { $0.place(at: "", $0.text) }
        case .end, .control("e"): edit(true) { $0.place(at: $0.text, "") }
        case .wordLeft: edit(!left.isEmpty) { $0.moveWordLeft() }
        case .wordRight: edit(!right.isEmpty) { $0.moveWordRight() }
        case .up, .control("p"): show(history.older(than: text))
        case .down, .control("n"): show(history.newer())
        case .control("u"): edit(!left.isEmpty) { $0.killLeft() }
        case .control("k"): edit(!right.isEmpty) { $0.killRight() }
        case .control("w"): edit(!left.isEmpty) { $0.killWord() }
        case .control("y"): insert(killed)
        case .control("c"): text.isEmpty ? .interrupted : edit(true) { $0.place(at: "", "") }
        case .control("d"):
            text.isEmpty ? .ended : edit(!right.isEmpty) { $0.right.removeFirst() }
        case .control("l"): .clear
        case .control, .unknown: .refused
        }
    }

    // MARK: Steps

    private mutating func edit(_ isPossible: Bool, _ change: (inout LineEditor) -> Void) -> Action {
        guard isPossible else { return .refused }
        change(&self)
        return .edited
    }

    private mutating func insert(_ addition: String) -> Action {
        guard left.utf8.count + right.utf8.count + addition.utf8.count <= Self.limit else { return .refused }
        left += addition
        return .edited
    }

    private mutating func submit() -> Action {
        let line = text
        history.add(line)
        place(at: "", "")
        return .submitted(line)
    }

    private mutating func show(_ line: String?) -> Action {
        guard let line else { return .refused }
        place(at: line, "")
        return .edited
    }

    private mutating func place(at left: String, _ right: String) {
        (self.left, self.right) = (left, right)
    }

    private mutating func moveLeft() {
        guard let last = left.popLast() else { return }
        right = String(last) + right
    }

    private mutating func moveRight() {
        guard !right.isEmpty else { return }
        left.append(right.removeFirst())
    }

    private mutating func moveWordLeft() {
        while let last = left.last, last.isWhitespace { moveLeft() }
        while let last = left.last, !last.isWhitespace { moveLeft() }
    }

    private mutating func moveWordRight() {
        while let first = right.first, first.isWhitespace { moveRight() }
        while let first = right.first, !first.isWhitespace { moveRight() }
    }

    private mutating func killLeft() {
        killed = left
        left = ""
    }

    private mutating func killRight() {
        killed = right
        right = ""
    }

    private mutating func killWord() {
        let spaces = left.reversed().prefix { $0.isWhitespace }.count
        let word = left.dropLast(spaces).reversed().prefix { !$0.isWhitespace }.count
        killed = String(left.suffix(spaces + word))
        left.removeLast(spaces + word)
    }
}
