/// An IP address, as its bits.
///
/// An IPv4 address written as an IPv6 one (`::ffff:10.0.0.1`, RFC 4291 section 2.5.5.2) is the IPv4 address.
struct IPAddress: Sendable, Hashable {
    /// 4 or 16 bytes, in the order of the network.
    private let bytes: [UInt8]

    /// Parses dotted decimal (RFC 6943 section 3.1.1, the strict form) or IPv6 text (RFC 4291 section 2.2) without brackets
    /// or a zone.
    ///
    /// Nil for everything else, names above all.
    init?(_ text: some StringProtocol) {
        if let four = Self.four(text) {
            bytes = four
        } else if let sixteen = Self.sixteen(text) {
            let isMapped = sixteen.prefix(10).allSatisfy { $0 == 0 } && sixteen[10] == 0xFF && sixteen[11] == 0xFF
            bytes = isMapped ? Array(sixteen.suffix(4)) : sixteen
        } else {
            return nil
        }
    }

    var bitCount: Int { bytes.count * 8 }

    /// Whether both are of one family and their first `count` bits are the same.
    func shares(_ count: Int, bitsWith other: IPAddress) -> Bool {
        guard bytes.count == other.bytes.count else { return false }
        for (index, (one, two)) in zip(bytes, other.bytes).enumerated() {
            let rest = count - index * 8
            if rest <= 0 { return true }
            let mask: UInt8 = rest >= 8 ? 0xFF : ~(0xFF >> UInt8(rest))
            if (one ^ two) & mask != 0 { return false }
        }
        return true
    }

    private static func four(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            // A leading zero would mean octal to some.
            guard part.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let byte = UInt8(part),
                part == "0" || !part.hasPrefix("0")
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func sixteen(_ text: some StringProtocol) -> [UInt8]? {
        guard text.utf8.count <= 45, text.contains(":") else { return nil }
        guard let gap = text.firstRange(of: "::") else {
            let bytes = groups(text)
            return bytes?.count == 16 ? bytes : nil
        }
        let tail = text[gap.upperBound...]
        guard !tail.hasPrefix(":"), let before = groups(text[..<gap.lowerBound]), let after = groups(tail) else {
            return nil
        }
        let missing = 16 - before.count - after.count
        return missing >= 2 ? before + [UInt8](repeating: 0, count: missing) + after : nil
    }

    /// The bytes of groups of hex digits between colons; the last may be an IPv4 address.
    private static func groups(_ text: some StringProtocol) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, let four = four(part) {
                bytes += four
                continue
            }
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }),
                let group = UInt16(part, radix: 16)
            else { return nil }
            bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
        }
        return bytes.count <= 16 ? bytes : nil
    }
}
