extension String {
    /// The text with every character that could move a terminal's cursor, change its colours or turn the reading direction
    /// written as an escape, since what a server sends is not to be trusted with the terminal.
    var printable: String {
        guard unicodeScalars.contains(where: { $0.isTerminalControl }) else { return self }
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar.isTerminalControl {
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// The text cut to `length` characters, with an ellipsis where something is missing.
    func shortened(to length: Int) -> String {
        count <= length ? self : String(prefix(max(0, length - 1))) + "…"
    }

    /// The text with spaces behind it up to `length` characters.
    func padded(to length: Int) -> String {
        self + String(repeating: " ", count: max(0, length - count))
    }
}

extension Unicode.Scalar {
    fileprivate var isTerminalControl: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0: true
        // Marks and overrides of the reading direction (UAX #9), line and paragraph separators.
        case 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
