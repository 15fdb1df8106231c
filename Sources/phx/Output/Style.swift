/// The colours of the output, or none.
struct Style: Sendable {
    var isColoured: Bool

    /// Whether colour belongs into output of this kind: only on a terminal that can show it, and not when `NO_COLOR` is set
    /// (https://no-color.org).
    static func allowsColour(isTerminal: Bool, environment: (String) -> String?) -> Bool {
        guard isTerminal, let terminal = environment("TERM"), !terminal.isEmpty, terminal != "dumb" else {
            return false
        }
        return (environment("NO_COLOR") ?? "").isEmpty
    }

    func bold(_ text: String) -> String { paint(text, "1") }
    func dim(_ text: String) -> String { paint(text, "2") }
    func red(_ text: String) -> String { paint(text, "31") }
    func green(_ text: String) -> String { paint(text, "32") }
    func yellow(_ text: String) -> String { paint(text, "33") }
    func blue(_ text: String) -> String { paint(text, "34") }
    func magenta(_ text: String) -> String { paint(text, "35") }
    func cyan(_ text: String) -> String { paint(text, "36") }

    private func paint(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
