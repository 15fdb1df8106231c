import Testing

@testable import phx

@Suite("The line editor")
struct LineEditorTests {
    /// Types `text` and presses `keys`, and returns what the last key led to.
    @discardableResult
    private func type(_ text: String, _ keys: Key..., into editor: inout LineEditor) -> LineEditor.Action {
        var action = LineEditor.Action.edited
        for scalar in text.unicodeScalars { action = editor.take(.scalar(scalar)) }
        for key in keys { action = editor.take(key) }
        return action
    }

    @Test("inserts at the cursor and submits the whole line")
    func inserts() {
        var editor = LineEditor()
        type("helo", .left, into: &editor)
        type("l", into: &editor)
        #expect(editor.left == "hell" && editor.right == "o")
        #expect(editor.take(.enter) == .submitted("hello"))
        #expect(editor.text.isEmpty)
    }

    @Test("home and end, ctrl-a and ctrl-e, arrows, and their limits")
    func moves() {
        var editor = LineEditor()
        type("abc", .home, into: &editor)
        #expect(editor.left.isEmpty && editor.right == "abc")
        #expect(editor.take(.left) == .refused)
        #expect(type("", .end, .right, into: &editor) == .refused)
        type("", .control("a"), .right, into: &editor)
        #expect(editor.left == "a")
        type("", .control("e"), .control("b"), .control("b"), .control("f"), into: &editor)
        #expect(editor.left == "ab" && editor.right == "c")
    }

    @Test("backspace and delete remove what a reader calls a character")
    func deletes() {
        var editor = LineEditor()
        type("e\u{301}👩‍👩‍👧🇩🇪", .backspace, into: &editor)
        #expect(editor.text == "e\u{301}👩‍👩‍👧")
        type("", .backspace, .backspace, into: &editor)
        #expect(editor.text.isEmpty)
        #expect(editor.take(.backspace) == .refused)
        type("ab", .home, .delete, into: &editor)
        #expect(editor.text == "b")
        #expect(type("", .end, .delete, into: &editor) == .refused)
    }

    @Test("ctrl-u, ctrl-k and ctrl-w cut, ctrl-y puts back")
    func kills() {
        var editor = LineEditor()
        type("one two  three", .control("w"), into: &editor)
        #expect(editor.text == "one two  ")
        type("", .control("w"), into: &editor)
        #expect(editor.text == "one ")
        type("", .control("y"), into: &editor)
        #expect(editor.text == "one two  ")
        type("", .wordLeft, .control("k"), into: &editor)
        #expect(editor.text == "one ")
        type("x", .left, .control("u"), into: &editor)
        #expect(editor.text == "x" && editor.left.isEmpty)
        #expect(editor.take(.control("u")) == .refused)
    }

    @Test("words are jumped over")
    func words() {
        var editor = LineEditor()
        type("one two  three", .wordLeft, into: &editor)
        #expect(editor.right == "three")
        type("", .wordLeft, into: &editor)
        #expect(editor.right == "two  three")
        type("", .wordRight, .wordRight, into: &editor)
        #expect(editor.right.isEmpty)
    }

    @Test("ctrl-c clears a line and interrupts an empty one; ctrl-d deletes and ends on an empty one")
    func ends() {
        var editor = LineEditor()
        #expect(type("abc", .control("c"), into: &editor) == .edited)
        #expect(editor.text.isEmpty)
        #expect(editor.take(.control("c")) == .interrupted)
        #expect(editor.take(.control("d")) == .ended)
        #expect(type("abc", .home, .control("d"), into: &editor) == .edited)
        #expect(editor.text == "bc")
        #expect(type("", .end, .control("d"), into: &editor) == .refused)
    }

    @Test("history goes up and down and keeps what was being typed")
    func history() {
        var editor = LineEditor()
        for line in ["first", "second", "second", "   "] { type(line, .enter, into: &editor) }
        type("draft", .up, into: &editor)
        #expect(editor.text == "second")
        type("", .control("p"), into: &editor)
        #expect(editor.text == "first")
        #expect(editor.take(.up) == .refused)
        type("", .down, .control("n"), into: &editor)
        #expect(editor.text == "draft")
        #expect(editor.take(.down) == .refused)
    }

    @Test("history is bounded")
    func boundedHistory() {
        var editor = LineEditor()
        for number in 0..<2_000 { type("\(number)", .enter, into: &editor) }
        var oldest = ""
        while editor.take(.up) == .edited { oldest = editor.text }
        #expect(oldest == "1500")
    }

    @Test("a line does not grow beyond its limit")
    func bounded() {
        var editor = LineEditor()
        var refused = false
        for _ in 0...LineEditor.limit where editor.take(.scalar("x")) == .refused { refused = true }
        #expect(refused)
        #expect(editor.text.utf8.count == LineEditor.limit)
    }

    @Test("the window shows the part around the cursor")
    func window() {
        var editor = LineEditor()
        type("abcdefghij", into: &editor)
        #expect(editor.window(columns: 20).text == "abcdefghij")
        let end = editor.window(columns: 5)
        #expect(end.text == "ghij" && end.cursor == 4)
        type("", .home, into: &editor)
        let start = editor.window(columns: 5)
        #expect(start.text == "abcde" && start.cursor == 0)
        #expect(editor.window(columns: -3).cursor == 0)
    }

    @Test("wide characters take two columns, combining ones none")
    func width() {
        #expect("日本".columns == 4)
        #expect("😀".columns == 2)
        #expect("e\u{301}é".columns == 2)
        #expect("wörld {}".columns == 8)
        var editor = LineEditor()
        type("日本語", into: &editor)
        let window = editor.window(columns: 5)
        #expect(window.text == "本語" && window.cursor == 4)
    }

    @Test("any keys leave a text that is the two sides of the cursor")
    func anyKeys() {
        var generator = Generator(seed: 11)
        let keys: [Key] =
            [.enter, .backspace, .delete, .left, .right, .up, .down, .home, .end, .wordLeft, .wordRight, .unknown]
            + "abcdefhklnpuwyz".map { .control($0) }
            + "x {é\u{301}😀日\u{200D}\u{1F1E9}".unicodeScalars.map { .scalar($0) }
        var editor = LineEditor()
        for _ in 0..<20_000 {
            if let key = keys.randomElement(using: &generator) { _ = editor.take(key) }
            let columns = Int.random(in: 1...40, using: &generator)
            let (text, cursor) = editor.window(columns: columns)
            guard cursor <= max(columns, 2), editor.text.utf8.reversed().starts(with: editor.right.utf8.reversed()),
                text.columns <= columns + 2
            else {
                Issue.record("cursor \(cursor) in \(columns) columns of \(text)")
                return
            }
        }
    }
}
