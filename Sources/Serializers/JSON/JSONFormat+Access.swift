public import PhoenixKit

/// Walking to one field without building a tree.
///
/// The whole text is checked on the way: nil where `value(of:)` throws.
extension JSONFormat {
    public func member(_ key: String, of bytes: Bytes) -> Bytes? {
        var key = key
        return key.withUTF8 { name in
            let isASCII = name.allSatisfy { $0 < 0x80 }
            if isASCII, case .some(let found) = Self.read(name, of: bytes) { return found.map { bytes[$0] } }
            let range = try? bytes.withScanner { scanner throws(JSONError) -> Range<Int>? in
                var found: Range<Int>?
                scanner.skipSpace()
                var hasMore = try scanner.beginObject()
                while hasMore {
                    let candidate = try scanner.key()
                    let start = scanner.position
                    try scanner.skipMember()
                    if scanner.matches(candidate, utf8: name, isASCII: isASCII) { found = start..<scanner.position }
                    hasMore = try scanner.continuesObject()
                }
                try scanner.expectEnd()
                return found
            }
            return range.map { bytes[$0] }
        }
    }

    /// Where the member `name` is, or nil when there is none; nil of the outer kind where the scanner is to judge.
    @inline(__always)
    private static func read(_ name: UnsafeBufferPointer<UInt8>, of bytes: Bytes) -> Range<Int>?? {
        bytes.withUnsafeBytes { bytes in
            guard let text = JSONShortcut(bytes) else { return .none }
            var found: Range<Int>?
            let end = text.object(at: 0, depth: 1) { key, value in
                if text.holds(name, in: key) { found = value }
            }
            return end == text.end ? .some(found) : .none
        }
    }

    public func element(_ index: Int, of bytes: Bytes) -> Bytes? {
        let range = try? bytes.withScanner { scanner throws(JSONError) -> Range<Int>? in
            var found: Range<Int>?
            var count = 0
            scanner.skipSpace()
            var hasMore = try scanner.beginArray()
            while hasMore {
                let start = scanner.position
                try scanner.skipValue(depth: 1)
                if count == index { found = start..<scanner.position }
                count += 1
                hasMore = try scanner.continuesArray()
            }
            try scanner.expectEnd()
            return found
        }
        return range.map { bytes[$0] }
    }

    /// The whole number that `bytes` are; `1.0` and `1e3` are whole too.
    public func integer(of bytes: Bytes) -> Int64? {
        if let number = Self.shortInteger(of: bytes) { return number }
        return switch numeric(of: bytes) {
        case .signed(let number): number
        case .double(let number): Int64(exactly: number)
        case .unsigned, nil: nil
        }
    }

    public func double(of bytes: Bytes) -> Double? {
        try? bytes.withScanner { scanner throws(JSONError) -> Double in
            scanner.skipSpace()
            let number = try scanner.number()
            try scanner.expectEnd()
            return scanner.double(of: number)
        }
    }

    public func string(of bytes: Bytes) -> String? {
        try? bytes.withScanner { scanner throws(JSONError) -> String in
            scanner.skipSpace()
            let text = try scanner.string()
            try scanner.expectEnd()
            return scanner.characters(of: text)
        }
    }

    public func boolean(of bytes: Bytes) -> Bool? {
        try? bytes.withScanner { scanner throws(JSONError) -> Bool in
            scanner.skipSpace()
            let truth = scanner.next == UInt8(ascii: "t")
            try scanner.expectLiteral(truth ? "true" : "false")
            try scanner.expectEnd()
            return truth
        }
    }

    public func isNull(_ bytes: Bytes) -> Bool {
        let isNull = try? bytes.withScanner { scanner throws(JSONError) -> Bool in
            scanner.skipSpace()
            try scanner.expectLiteral("null")
            try scanner.expectEnd()
            return true
        }
        return isNull ?? false
    }

    /// The number of up to 18 digits that `bytes` are, the usual kind; nil for all else.
    @inline(__always)
    private static func shortInteger(of bytes: Bytes) -> Int64? {
        bytes.withUnsafeBytes { bytes in
            guard !bytes.isEmpty, bytes.count <= 18, bytes[0] != UInt8(ascii: "0") else { return nil }
            var number: Int64 = 0
            for byte in bytes {
                guard byte &- UInt8(ascii: "0") < 10 else { return nil }
                number = number &* 10 &+ Int64(byte &- UInt8(ascii: "0"))
            }
            return number
        }
    }

    private func numeric(of bytes: Bytes) -> JSONNumeric? {
        try? bytes.withScanner { scanner throws(JSONError) -> JSONNumeric in
            scanner.skipSpace()
            let number = try scanner.number()
            try scanner.expectEnd()
            return scanner.numeric(of: number)
        }
    }
}
