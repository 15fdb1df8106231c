extension Character {
    /// How many columns of a terminal the character takes: 0, 1, or 2 for the wide ones of East Asia and emoji (UAX #11).
    var columns: Int {
        guard let first = unicodeScalars.first else { return 0 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        if first.properties.isEmojiPresentation || unicodeScalars.contains("\u{FE0F}") { return 2 }
        return Self.wide.contains { $0.contains(first.value) } ? 2 : 1
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
        0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
    ]
}

extension StringProtocol {
    /// How many columns of a terminal the text takes.
    var columns: Int { reduce(0) { $0 + $1.columns } }
}

extension LineEditor {
    /// The part of the line that fits into `columns` around the cursor, and the column of the cursor in it.
    func window(columns: Int) -> (text: String, cursor: Int) {
        let room = max(1, columns)
        var start = left.startIndex
        var before = left.columns
        // One column is left for the cursor itself.
        while before > room - 1, start < left.endIndex {
            before -= left[start].columns
            start = left.index(after: start)
        }
        var shown = String(left[start...])
        var used = before
        for character in right {
            guard used + character.columns <= room else { break }
            shown.append(character)
            used += character.columns
        }
        return (shown, before)
    }
}
