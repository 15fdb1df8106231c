internal import Phoenix

/// Hands what is typed to a `JoinHandler`, one line after the other.
enum Typist {
    /// A line waits for the join and for room, however long that takes.
    private static let patience = Duration.seconds(1_000_000_000)

    /// Hands over the lines of standard input until its end.
    static func pushLines(to client: Session.Client<JoinHandler>) async {
        let input = StandardInput()
        var splitter = LineSplitter()
        do {
            while let bytes = await input.next() {
                for line in splitter.lines(from: bytes) { try await client.call(.line(line), timeout: patience) }
            }
            if Task.isCancelled { return }
            if let line = splitter.finish() { try await client.call(.line(line), timeout: patience) }
            try await client.call(.endOfInput, timeout: patience)
        } catch {
            // The client has stopped, and says why.
        }
    }

    /// Hands over the lines that are typed at `prompt`.
    static func talk(
        with client: Session.Client<JoinHandler>,
        at prompt: Prompt,
        on console: Console
    ) async {
        let input = StandardInput()
        do {
            while let bytes = await input.next() {
                var actions: [LineEditor.Action] = []
                console.redraw { actions = prompt.take(bytes) }
                for action in actions {
                    switch action {
                    case .edited: break
                    case .submitted(let line):
                        console.line(console.style.dim("› " + line.printable))
                        try await client.call(.line(line))
                    case .refused: console.ring()
                    case .clear: console.clear()
                    case .interrupted, .ended: return client.stop()
                    }
                }
            }
            if !Task.isCancelled { client.stop() }
        } catch {
            // The client has stopped, and says why.
        }
    }
}
