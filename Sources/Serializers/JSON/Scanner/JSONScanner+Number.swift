/// A number in a JSON text.
struct JSONNumber {
    let range: Range<Int>
    /// Whether there is neither a fraction nor an exponent.
    let isWhole: Bool
}

/// What a number says: whole numbers exactly where 64 bits hold them, everything else as the nearest double.
enum JSONNumeric {
    case signed(Int64)
    /// Above `Int64.max`.
    case unsigned(UInt64)
    case double(Double)
}

extension JSONScanner {
    /// Moves past a number (RFC 8259 section 6).
    ///
    /// One that no finite double comes near, such as `1e400`, is refused.
    mutating func number() throws(JSONError) -> JSONNumber {
        let lower = position
        if next == UInt8(ascii: "-") { position += 1 }
        switch next {
        case UInt8(ascii: "0"): position += 1
        case UInt8(ascii: "1")...UInt8(ascii: "9"): skipDigits()
        default: throw failure(position == lower ? "a value" : "a digit")
        }
        var isWhole = true
        var exponentDigits = 0
        if next == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            guard skipDigits() > 0 else { throw failure("a digit") }
        }
        if next | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            exponentDigits = skipDigits()
            guard exponentDigits > 0 else { throw failure("a digit") }
        }
        let number = JSONNumber(range: lower..<position, isWhole: isWhole)
        // Shorter numbers are finite: a hundred digits and an exponent below a hundred stay under 1e200.
        if exponentDigits > 2 || position - lower > 100, !double(of: number).isFinite {
            throw JSONError(at: lower, expected: "a number within the range of a double")
        }
        return number
    }

    @inline(__always)
    @discardableResult
    private mutating func skipDigits() -> Int {
        let start = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        return position - start
    }

    /// What `number` says.
    ///
    /// `-0` is the whole number 0.
    func numeric(of number: JSONNumber) -> JSONNumeric {
        guard number.isWhole else { return .double(double(of: number)) }
        let isNegative = bytes[number.range.lowerBound] == UInt8(ascii: "-")
        guard let magnitude = magnitude(ofDigitsIn: isNegative ? number.range.dropFirst() : number.range) else {
            return .double(double(of: number))
        }
        if isNegative {
            guard magnitude <= Int64.min.magnitude else { return .double(double(of: number)) }
            return .signed(Int64(truncatingIfNeeded: 0 &- magnitude))
        }
        guard let signed = Int64(exactly: magnitude) else { return .unsigned(magnitude) }
        return .signed(signed)
    }

    private func magnitude(ofDigitsIn range: Range<Int>) -> UInt64? {
        guard range.count <= 20 else { return nil }
        var magnitude: UInt64 = 0
        for index in range {
            let digit = UInt64(bytes[index] &- UInt8(ascii: "0"))
            if range.count < 20 {
                magnitude = magnitude &* 10 &+ digit
            } else {
                let (product, overflowed) = magnitude.multipliedReportingOverflow(by: 10)
                let (sum, carried) = product.addingReportingOverflow(digit)
                guard !overflowed, !carried else { return nil }
                magnitude = sum
            }
        }
        return magnitude
    }

    /// The double nearest to `number`, infinite when that is too large.
    func double(of number: JSONNumber) -> Double {
        shortDouble(of: number) ?? Double(spelling(of: number)) ?? .infinity
    }

    /// The characters of `number`.
    func spelling(of number: JSONNumber) -> String {
        String(decoding: bytes[number.range], as: UTF8.self)
    }

    /// The double nearest to a number of at most 15 digits and a small exponent: two exact doubles multiplied or divided
    /// once are rounded once (Clinger, "How to read floating point numbers accurately", 1990).
    private func shortDouble(of number: JSONNumber) -> Double? {
        guard number.range.count <= 20 else { return nil }
        var index = number.range.lowerBound
        let end = number.range.upperBound
        let isNegative = bytes[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        var mantissa: UInt64 = 0
        var digits = 0
        var exponent = 0
        var isFraction = false
        while index < end {
            let byte = bytes[index]
            if byte == UInt8(ascii: ".") {
                isFraction = true
            } else if byte | 0x20 == UInt8(ascii: "e") {
                break
            } else {
                mantissa = mantissa &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
                digits += 1
                if isFraction { exponent -= 1 }
            }
            index += 1
        }
        guard digits <= 15 else { return nil }
        if index < end {
            index += 1
            var isNegativeExponent = false
            var written = 0
            while index < end {
                let byte = bytes[index]
                if byte == UInt8(ascii: "-") {
                    isNegativeExponent = true
                } else if byte != UInt8(ascii: "+") {
                    guard written < 1000 else { return nil }
                    written = written * 10 + Int(byte &- UInt8(ascii: "0"))
                }
                index += 1
            }
            exponent += isNegativeExponent ? -written : written
        }
        guard exponent >= -22, exponent <= 22 else { return nil }
        let magnitude = Double(mantissa)
        let scaled = exponent < 0 ? magnitude / Self.powersOfTen[-exponent] : magnitude * Self.powersOfTen[exponent]
        return isNegative ? -scaled : scaled
    }

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
