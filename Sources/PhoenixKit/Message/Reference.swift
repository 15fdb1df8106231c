/// The `ref` or `join_ref` of a message: what ties a reply to what it answers.
///
/// The client counts its references from 1, never repeats one, and sends them as decimal strings. A server
/// echoes a reference with the JSON type it came with (`9` as `9`, `"9"` as `"9"`), so a reference remembers
/// its form on the wire; two references are equal when they name the same thing, whatever their form.
public struct Reference: Sendable {
    @usableFromInline
    internal enum Storage: Sendable {
        /// A decimal number below 2^64 without sign or leading zeros.
        case decimal(UInt64, quoted: Bool)
        /// Any other string (quoted) or number (not quoted), as written.
        case other(String, quoted: Bool)
    }

    @usableFromInline internal let storage: Storage

    /// The reference `number`, written as a decimal string.
    @inlinable
    public init(_ number: UInt64) {
        storage = .decimal(number, quoted: true)
    }

    /// The reference `number`, written as a JSON number or as a decimal string.
    @inlinable
    public init(_ number: UInt64, quoted: Bool) {
        storage = .decimal(number, quoted: quoted)
    }

    /// The reference written as the string `text`.
    public init(text: String) {
        storage = Self.canonical(text.utf8).map { .decimal($0, quoted: true) } ?? .other(text, quoted: true)
    }

    /// The reference written as the number `literal`, whatever number that is.
    public init(numberLiteral literal: String) {
        storage = Self.canonical(literal.utf8).map { .decimal($0, quoted: false) } ?? .other(literal, quoted: false)
    }

    /// The number, when this is a decimal number below 2^64 without sign or leading zeros.
    @inlinable public var number: UInt64? {
        switch storage {
        case .decimal(let number, _): number
        case .other: nil
        }
    }

    /// Whether the reference is a string on the wire and not a number.
    @inlinable public var isQuoted: Bool {
        switch storage {
        case .decimal(_, let quoted), .other(_, let quoted): quoted
        }
    }

    /// The characters of the reference, without quotes.
    public var text: String {
        switch storage {
        case .decimal(let number, _): String(number)
        case .other(let text, _): text
        }
    }

    /// The value of a canonical decimal, or nil: no sign, no leading zero, below 2^64.
    @inlinable
    internal static func canonical(_ digits: some Collection<UInt8>) -> UInt64? {
        guard let first = digits.first, digits.count <= 20 else { return nil }
        if first == UInt8(ascii: "0") { return digits.count == 1 ? 0 : nil }
        var number: UInt64 = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            let (product, overflowed) = number.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            guard !overflowed, !carried else { return nil }
            number = sum
        }
        return number
    }
}

extension Reference: Hashable {
    @inlinable
    public static func == (left: Reference, right: Reference) -> Bool {
        switch (left.storage, right.storage) {
        case (.decimal(let one, _), .decimal(let other, _)): one == other
        case (.other(let one, _), .other(let other, _)): one == other
        case (.decimal, .other), (.other, .decimal): false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch storage {
        case .decimal(let number, _): hasher.combine(number)
        case .other(let text, _): hasher.combine(text)
        }
    }
}

extension Reference: CustomStringConvertible, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    public var description: String { text }

    public init(integerLiteral value: UInt64) {
        self.init(value)
    }

    public init(stringLiteral value: String) {
        self.init(text: value)
    }
}
