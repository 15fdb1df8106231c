import Testing

@testable import phx

@Suite("The prompt")
struct PromptTests {
    @Test("draws the label, the line and the cursor")
    func drawing() {
        let prompt = Prompt(label: "room:1", style: Style(isColoured: false)) { 40 }
        #expect(prompt.drawing == "room:1 (not joined)> \r\u{1B}[21C")
        prompt.setReady(true)
        #expect(prompt.take(Array("abc\u{1B}[D".utf8)) == [.edited, .edited, .edited, .edited])
        #expect(prompt.drawing == "room:1> abc\r\u{1B}[10C")
    }

    @Test("a narrow terminal shortens the label and scrolls the line")
    func narrow() {
        let prompt = Prompt(label: "a-very-long-topic", style: Style(isColoured: false)) { 12 }
        prompt.setReady(true)
        _ = prompt.take(Array("0123456789".utf8))
        #expect(prompt.drawing == "a-ver…> 789\r\u{1B}[11C")
    }
}

@Suite("Lines from bytes")
struct LineSplitterTests {
    @Test("lines may come in parts and end with or without a line break")
    func parts() {
        var splitter = LineSplitter()
        #expect(splitter.lines(from: Array("a\nb".utf8)) == ["a"])
        #expect(splitter.lines(from: Array("c\r\n\nd".utf8)) == ["bc", ""])
        #expect(splitter.finish() == "d")
        #expect(splitter.finish() == nil)
    }
}
