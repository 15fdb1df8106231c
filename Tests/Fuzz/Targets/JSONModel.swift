/// The grammar of RFC 8259, written down as plainly as can be, for the JSON reader to be compared with.
struct JSONModel {
    private let bytes: [UInt8]
    private var position = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    private struct Refusal: Error {}

    /// Whether `bytes` are one JSON text: UTF-8, at most 512 levels deep, its numbers within the range of a double.
    static func accepts(_ bytes: [UInt8]) -> Bool {
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var model = JSONModel(bytes)
        do {
            try model.value(depth: 0)
            return model.position == bytes.count
        } catch {
            return false
        }
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func isNext(_ character: Unicode.Scalar) -> Bool { next == UInt8(ascii: character) }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) throws(Refusal) {
        guard isNext(character) else { throw Refusal() }
        position += 1
    }

    private mutating func value(depth: Int) throws(Refusal) {
        skipSpace()
        guard let byte = next else { throw Refusal() }
        switch Unicode.Scalar(byte) {
        case "{": try members(depth: depth + 1)
        case "[": try elements(depth: depth + 1)
        case "\"": try string()
        case "t": try word("true")
        case "f": try word("false")
        case "n": try word("null")
        default: try number()
        }
        skipSpace()
    }

    private mutating func members(depth: Int) throws(Refusal) {
        guard depth <= 512 else { throw Refusal() }
        try take("{")
        skipSpace()
        if !isNext("}") {
            while true {
                skipSpace()
                try string()
                skipSpace()
                try take(":")
                try value(depth: depth)
                guard isNext(",") else { break }
                position += 1
            }
        }
        try take("}")
    }

    private mutating func elements(depth: Int) throws(Refusal) {
        guard depth <= 512 else { throw Refusal() }
        try take("[")
        skipSpace()
        if !isNext("]") {
            while true {
                try value(depth: depth)
                guard isNext(",") else { break }
                position += 1
            }
        }
        try take("]")
    }

    private mutating func word(_ word: String) throws(Refusal) {
        for character in word.unicodeScalars { try take(character) }
    }

    private mutating func string() throws(Refusal) {
        try take("\"")
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw Refusal() }
            position += 1
            if byte == UInt8(ascii: "\\") { try escape() }
        }
        try take("\"")
    }

    private mutating func escape() throws(Refusal) {
        guard let byte = next else { throw Refusal() }
        position += 1
        if byte != UInt8(ascii: "u") {
            guard "\"\\/bfnrt".utf8.contains(byte) else { throw Refusal() }
            return
        }
        let unit = try codeUnit()
        guard !(0xDC00...0xDFFF).contains(unit) else { throw Refusal() }
        guard (0xD800...0xDBFF).contains(unit) else { return }
        try take("\\")
        try take("u")
        guard (0xDC00...0xDFFF).contains(try codeUnit()) else { throw Refusal() }
    }

    private mutating func codeUnit() throws(Refusal) -> Int {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = Int(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw Refusal() }
        position += 4
        return unit
    }

    private mutating func number() throws(Refusal) {
        let start = position
        if isNext("-") { position += 1 }
        if isNext("0") { position += 1 } else { try digits() }
        if isNext(".") {
            position += 1
            try digits()
        }
        if isNext("e") || isNext("E") {
            position += 1
            if isNext("+") || isNext("-") { position += 1 }
            try digits()
        }
        guard let double = Double(String(decoding: bytes[start..<position], as: UTF8.self)), double.isFinite else {
            throw Refusal()
        }
    }

    private mutating func digits() throws(Refusal) {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw Refusal() }
    }
}
