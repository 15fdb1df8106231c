internal import CByteScan

/// Reads JSON as it is usually written: without white space, its names and strings ASCII without escapes.
///
/// It checks no less than the scanner does, but all in one go, its positions in registers. Each function answers with the offset behind
/// what it read, and with nil to all that is unusual, be it right or wrong: the scanner then reads that from the start, and says what is
/// wrong with it. So nothing is read more than twice.
struct JSONShortcut {
    private let bytes: UnsafePointer<UInt8>
    private let count: Int

    /// The offset behind the last byte.
    var end: Int { count }

    @inline(__always)
    init?(_ buffer: UnsafeRawBufferPointer) {
        guard let bytes = buffer.bindMemory(to: UInt8.self).baseAddress else { return nil }
        self.bytes = bytes
        count = buffer.count
    }

    /// Whether `byte` is at `offset`.
    @inline(__always)
    func has(_ byte: UInt8, at offset: Int) -> Bool {
        offset < count && bytes[offset] == byte
    }

    /// Whether `range`, which was read before, holds `text`.
    @inline(__always)
    func holds(_ text: StaticString, in range: Range<Int>) -> Bool {
        holds(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount), in: range)
    }

    @inline(__always)
    func holds(_ text: UnsafeBufferPointer<UInt8>, in range: Range<Int>) -> Bool {
        guard text.count == range.count else { return false }
        var index = 0
        while index < text.count {
            guard bytes[range.lowerBound &+ index] == text[index] else { return false }
            index &+= 1
        }
        return true
    }

    /// A string of ASCII without escapes.
    @inline(__always)
    func string(at start: Int) -> Int? {
        guard has(UInt8(ascii: "\""), at: start) else { return nil }
        let end = byte_scan_plain_end(bytes, start &+ 1, count)
        return has(UInt8(ascii: "\""), at: end) ? end &+ 1 : nil
    }

    /// A reference: null, or a string of less than 20 digits without a leading zero.
    @inline(__always)
    func reference(at start: Int) -> (end: Int, number: UInt64?)? {
        if has(UInt8(ascii: "n"), at: start) {
            let isNull = count &- start >= 4 && holds("null", in: start..<(start &+ 4))
            return isNull ? (start &+ 4, nil) : nil
        }
        guard has(UInt8(ascii: "\""), at: start) else { return nil }
        let first = start &+ 1
        var number: UInt64 = 0
        var at = first
        while at < count, at &- first < 19, bytes[at] &- UInt8(ascii: "0") < 10 {
            number = number &* 10 &+ UInt64(bytes[at] &- UInt8(ascii: "0"))
            at &+= 1
        }
        guard at > first, has(UInt8(ascii: "\""), at: at), at == first &+ 1 || bytes[first] != UInt8(ascii: "0") else {
            return nil
        }
        return (at &+ 1, number)
    }

    /// An object whose members' values stand in `depth` arrays and objects; `member` gets the range of each key, without its quotes, and
    /// of its value.
    @inline(__always)
    func object(at start: Int, depth: Int, _ member: (_ key: Range<Int>, _ value: Range<Int>) -> Void) -> Int? {
        guard has(UInt8(ascii: "{"), at: start) else { return nil }
        var at = start &+ 1
        if has(UInt8(ascii: "}"), at: at) { return at &+ 1 }
        while true {
            guard let keyEnd = string(at: at), has(UInt8(ascii: ":"), at: keyEnd) else { return nil }
            let value = keyEnd &+ 1
            guard let valueEnd = short(at: value) ?? long(at: value, depth: depth), valueEnd < count else { return nil }
            member(Range(uncheckedBounds: (at &+ 1, keyEnd &- 1)), Range(uncheckedBounds: (value, valueEnd)))
            at = valueEnd &+ 1
            switch bytes[valueEnd] {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "}"): return at
            default: return nil
            }
        }
    }

    /// A string as above, or a whole number that does not begin with 0.
    @inline(__always)
    private func short(at start: Int) -> Int? {
        guard start < count, bytes[start] &- UInt8(ascii: "1") < 9 else { return string(at: start) }
        var at = start &+ 1
        while at < count, bytes[at] &- UInt8(ascii: "0") < 10 { at &+= 1 }
        guard at < count, at &- start <= 20 else { return nil }
        switch bytes[at] {
        case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): return nil
        default: return at
        }
    }

    /// Any other value: an object whose members are short, or what only the scanner reads.
    @inline(never)
    private func long(at start: Int, depth: Int) -> Int? {
        if let end = object(at: start, depth: depth) { return end }
        var scanner = JSONScanner(UnsafeRawBufferPointer(start: bytes, count: count), at: start)
        do throws(JSONError) {
            try scanner.skipValue(depth: depth)
            return scanner.position
        } catch {
            return nil
        }
    }

    /// An object whose members are short.
    @inline(__always)
    private func object(at start: Int, depth: Int) -> Int? {
        guard depth < JSONScanner.maximumDepth, has(UInt8(ascii: "{"), at: start) else { return nil }
        var at = start &+ 1
        if has(UInt8(ascii: "}"), at: at) { return at &+ 1 }
        while true {
            guard let keyEnd = string(at: at), has(UInt8(ascii: ":"), at: keyEnd) else { return nil }
            guard let valueEnd = short(at: keyEnd &+ 1), valueEnd < count else { return nil }
            at = valueEnd &+ 1
            switch bytes[valueEnd] {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "}"): return at
            default: return nil
            }
        }
    }
}
