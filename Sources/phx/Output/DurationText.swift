extension Duration {
    /// The duration with three significant digits in the unit that suits it: `184 µs`, `2.41 ms`, `1.07 s`.
    var brief: String {
        let (seconds, attoseconds) = components
        let total = Double(seconds) + Double(attoseconds) / 1e18
        let size = abs(total)
        return if size < 0.000_999_5 {
            Self.digits(total * 1e6) + " µs"
        } else if size < 0.999_5 {
            Self.digits(total * 1e3) + " ms"
        } else if size < 120 {
            Self.digits(total) + " s"
        } else {
            "\(seconds / 60) min"
        }
    }

    /// Three significant digits, of numbers below 1,000.
    private static func digits(_ number: Double) -> String {
        let places = abs(number) < 9.995 ? 2 : abs(number) < 99.95 ? 1 : 0
        let scale = places == 2 ? 100.0 : places == 1 ? 10.0 : 1.0
        let scaled = (abs(number) * scale).rounded()
        guard let digits = Int64(exactly: scaled) else { return "\(number)" }
        let whole = digits / Int64(scale)
        let sign = number < 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(whole)" }
        let fraction = String(digits % Int64(scale))
        return "\(sign)\(whole)." + String(repeating: "0", count: places - fraction.count) + fraction
    }
}
