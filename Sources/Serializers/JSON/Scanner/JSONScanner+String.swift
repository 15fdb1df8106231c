internal import CByteScan

/// A string in a JSON text: the range between its quotes, and what is to know about it.
struct JSONText {
    let lower: Int
    let upper: Int
    let hasEscapes: Bool
    /// Whether all bytes between the quotes are ASCII.
    ///
    /// Escapes are.
    let isASCII: Bool

    /// A string of no bytes.
    static var empty: JSONText { JSONText(lower: 0, upper: 0, hasEscapes: false, isASCII: true) }

    @inline(__always) var range: Range<Int> { lower..<upper }
    @inline(__always) var count: Int { upper - lower }
}

extension JSONScanner {
    /// Moves past a string and checks it: escapes, surrogate pairs, control characters, UTF-8.
    @inline(__always)
    mutating func string() throws(JSONError) -> JSONText {
        try expect(UInt8(ascii: "\""), "a string")
        let lower = position
        skipPlainRun()
        if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
            position += 1
            return JSONText(lower: lower, upper: position - 1, hasEscapes: false, isASCII: true)
        }
        return try string(from: lower)
    }

    /// Moves past the rest of a string that has begun at `lower`, all of which so far stands for itself.
    @inline(never)
    private mutating func string(from lower: Int) throws(JSONError) -> JSONText {
        var hasEscapes = false
        var isASCII = true
        while true {
            skipPlainRun()
            guard position < bytes.count else { throw failure("the end of a string") }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return JSONText(lower: lower, upper: position - 1, hasEscapes: hasEscapes, isASCII: isASCII)
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try skipEscape()
            } else if byte >= 0x80 {
                isASCII = false
                try skipMultibyte()
            } else {
                throw failure("an escape in place of a control character")
            }
        }
    }

    /// Moves past bytes that stand for themselves, many at a time.
    @inline(__always)
    private mutating func skipPlainRun() {
        position = byte_scan_plain_end(bytes.bindMemory(to: UInt8.self).baseAddress, position, bytes.count)
    }

    /// Moves past an escape.
    ///
    /// A surrogate must be the first or the second half of a pair.
    private mutating func skipEscape() throws(JSONError) {
        position += 1
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            let unit = try codeUnit()
            guard unit & 0xF800 == 0xD800 else { return }
            guard unit < 0xDC00, next == UInt8(ascii: "\\") else { throw failure("a pair of surrogates") }
            position += 1
            guard next == UInt8(ascii: "u") else { throw failure("a pair of surrogates") }
            guard try codeUnit() & 0xFC00 == 0xDC00 else { throw failure("a pair of surrogates") }
        default:
            throw failure("an escape of RFC 8259")
        }
    }

    /// Moves past `u` and four hexadecimal digits, and answers what they say.
    private mutating func codeUnit() throws(JSONError) -> UInt16 {
        position += 1
        guard let unit = Self.codeUnit(in: bytes, at: position) else { throw failure("four hexadecimal digits") }
        position += 4
        return unit
    }

    private static func codeUnit(in bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt16? {
        guard offset >= 0, bytes.count - offset >= 4 else { return nil }
        var unit: UInt16 = 0
        for index in offset..<(offset + 4) {
            let byte = bytes[index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// Moves past characters beyond ASCII, checked by table 3-7 of the Unicode Standard: no over-long forms, no surrogates,
    /// nothing above U+10FFFF.
    private mutating func skipMultibyte() throws(JSONError) {
        while position < bytes.count, bytes[position] >= 0x80 {
            guard let length = Self.multibyteLength(in: bytes, at: position) else {
                throw failure("well-formed UTF-8")
            }
            position += length
        }
    }

    /// The length of the character beyond ASCII at `offset`, or nil when it is malformed or cut off.
    static func multibyteLength(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Int? {
        let rest = bytes.count - offset
        guard offset >= 0, rest >= 2 else { return nil }
        let lead = bytes[offset]
        let second = bytes[offset + 1]
        switch lead {
        case 0xC2...0xDF:
            return second & 0xC0 == 0x80 ? 2 : nil
        case 0xE0...0xEF:
            let lowest: UInt8 = lead == 0xE0 ? 0xA0 : 0x80
            let highest: UInt8 = lead == 0xED ? 0x9F : 0xBF
            guard rest >= 3, second >= lowest, second <= highest, bytes[offset + 2] & 0xC0 == 0x80 else { return nil }
            return 3
        case 0xF0...0xF4:
            let lowest: UInt8 = lead == 0xF0 ? 0x90 : 0x80
            let highest: UInt8 = lead == 0xF4 ? 0x8F : 0xBF
            guard rest >= 4, second >= lowest, second <= highest, bytes[offset + 2] & 0xC0 == 0x80,
                bytes[offset + 3] & 0xC0 == 0x80
            else { return nil }
            return 4
        default:
            return nil
        }
    }

    // MARK: What a string says

    /// The characters of `text`, escapes resolved.
    func characters(of text: JSONText) -> String {
        guard text.hasEscapes else { return String(decoding: bytes[text.range], as: UTF8.self) }
        return String(unsafeUninitializedCapacity: text.count) { unescape(text, into: $0) }
    }

    /// The UTF-8 of `text`, escapes resolved, in storage of its own.
    func utf8(of text: JSONText) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: text.count) { buffer, count in
            count = unescape(text, into: buffer)
        }
    }

    /// Resolves the escapes of a checked text, which never grows by that.
    private func unescape(_ text: JSONText, into target: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var written = 0
        func write(_ byte: UInt8) {
            guard written < target.count else { return }
            target[written] = byte
            written += 1
        }
        var offset = text.lower
        while offset < text.upper {
            let byte = bytes[offset]
            guard byte == UInt8(ascii: "\\"), offset + 1 < text.upper else {
                write(byte)
                offset += 1
                continue
            }
            let escape = bytes[offset + 1]
            offset += 2
            switch escape {
            case UInt8(ascii: "b"): write(0x08)
            case UInt8(ascii: "f"): write(0x0C)
            case UInt8(ascii: "n"): write(0x0A)
            case UInt8(ascii: "r"): write(0x0D)
            case UInt8(ascii: "t"): write(0x09)
            case UInt8(ascii: "u"):
                var code = UInt32(Self.codeUnit(in: bytes, at: offset) ?? 0xFFFD)
                offset += 4
                if code & 0xFC00 == 0xD800, let low = Self.codeUnit(in: bytes, at: offset + 2) {
                    code = 0x10000 + (code & 0x3FF) << 10 + UInt32(low) & 0x3FF
                    offset += 6
                }
                for unit in String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8 { write(unit) }
            default: write(escape)
            }
        }
        return written
    }

    // MARK: Comparing keys

    /// Whether `text` says `key`.
    ///
    /// As dictionaries with string keys do, it takes canonically equivalent texts for equal.
    @inline(__always)
    func matches(_ text: JSONText, _ key: JSONKey) -> Bool {
        if !text.hasEscapes {
            if hasBytes(of: text, key) { return true }
            if text.isASCII, key.isASCII { return false }
        }
        return characters(of: text) == key.text
    }

    /// The same for a key that is at hand as UTF-8.
    @inline(__always)
    func matches(_ text: JSONText, utf8 key: UnsafeBufferPointer<UInt8>, isASCII: Bool) -> Bool {
        if !text.hasEscapes {
            if text.count == key.count {
                var index = 0
                while index < key.count, key[index] == bytes[text.lower + index] { index += 1 }
                if index == key.count { return true }
            }
            if text.isASCII, isASCII { return false }
        }
        return characters(of: text) == String(decoding: key, as: UTF8.self)
    }

    @inline(__always)
    private func hasBytes(of text: JSONText, _ key: JSONKey) -> Bool {
        key.text.utf8.withContiguousStorageIfAvailable { units in
            guard units.count == text.count else { return false }
            for index in 0..<units.count where units[index] != bytes[text.lower + index] { return false }
            return true
        } ?? false
    }
}

/// A key to look for, with what speeds up the search.
struct JSONKey {
    let text: String
    let isASCII: Bool

    @inline(__always)
    init(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        self.text = text
        isASCII = text.utf8.allSatisfy { $0 < 0x80 }
    }
}
