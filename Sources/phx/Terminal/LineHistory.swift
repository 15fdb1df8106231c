/// The lines that were entered, to go back to.
struct LineHistory: Sendable {
    /// Older ones are forgotten.
    private static let limit = 500
    private var lines: [String] = []
    /// Where we are: an index of `lines`, or their count for the line being written.
    private var position = 0
    /// The line being written, while an older one is shown.
    private var draft = ""

    /// Adds a line, unless it is blank or the same as the last, and goes to the end.
    mutating func add(_ line: String) {
        if !line.allSatisfy(\.isWhitespace), lines.last != line { lines.append(line) }
        if lines.count > Self.limit { lines.removeFirst() }
        position = lines.count
        draft = ""
    }

    /// The line before the present one, or nil at the beginning; `current`, what is being edited, is kept for the way back.
    mutating func older(than current: String) -> String? {
        guard position > 0, position <= lines.count else { return nil }
        if position == lines.count { draft = current }
        position -= 1
        return lines[position]
    }

    /// The line after the present one, or nil at the end.
    mutating func newer() -> String? {
        guard position < lines.count else { return nil }
        position += 1
        return position == lines.count ? draft : lines[position]
    }
}
