extension Int {
    /// The number with commas between its thousands: `12,345`.
    var grouped: String {
        let digits = String(magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return self < 0 ? "-" + text : text
    }

    /// So many bytes, with a unit of thousands: `812 B`, `56.1 kB`, `3.4 MB`.
    var byteText: String {
        guard magnitude >= 1_000 else { return "\(self) B" }
        var size = Double(self) / 1_000
        for unit in ["kB", "MB", "GB"] {
            if abs(size) < 999.95 { return "\(size.brief) \(unit)" }
            size /= 1_000
        }
        return "\(size.brief) TB"
    }
}

extension Double {
    /// The number with one digit behind the point.
    var brief: String {
        guard let tenths = Int(exactly: (self * 10).rounded()) else { return "\(self)" }
        let sign = tenths < 0 ? "-" : ""
        return "\(sign)\((tenths.magnitude / 10))" + ".\(tenths.magnitude % 10)"
    }
}

/// A curve of one line.
enum Sparkline {
    private static let levels = Array("▁▂▃▄▅▆▇█")

    /// The last values, the newest last, as bars as high as they are beside the highest, one column each; `×` where there is none.
    static func drawing(_ values: [Double?], columns: Int) -> String {
        let shown = values.suffix(max(0, columns))
        let highest = shown.compactMap { $0 }.max() ?? 0
        return String(
            shown.map { value -> Character in
                guard let value else { return "×" }
                guard highest > 0 else { return levels[0] }
                let level = (value / highest * Double(levels.count - 1)).rounded()
                return levels[Int(Swift.min(Swift.max(level, 0), Double(levels.count - 1)))]
            }
        )
    }
}
