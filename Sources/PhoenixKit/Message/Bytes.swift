/// A run of bytes inside shared storage.
///
/// A slice of a `Bytes` shares the storage of the whole, so the frames of one read and the payloads of
/// those frames cost no copy. The price is that a small slice keeps the whole read alive: what outlives the
/// callback that received it is stored as `compacted()`.
///
/// Positions are offsets from the start of this run, whatever part of the storage it covers.
public struct Bytes: Sendable {
    @usableFromInline internal let storage: [UInt8]
    @usableFromInline internal let lower: Int
    @usableFromInline internal let upper: Int

    /// Creates an empty run.
    @inlinable
    public init() {
        self.init(unchecked: [], from: 0, to: 0)
    }

    /// Takes over `array` without copying it.
    @inlinable
    public init(_ array: [UInt8]) {
        self.init(unchecked: array, from: 0, to: array.count)
    }

    /// Copies the UTF-8 code units of `text`.
    @inlinable
    public init(_ text: some StringProtocol) {
        self.init(Array(text.utf8))
    }

    @inlinable
    internal init(unchecked storage: [UInt8], from lower: Int, to upper: Int) {
        self.storage = storage
        self.lower = lower
        self.upper = upper
    }

    /// The number of bytes.
    @inlinable public var count: Int { upper - lower }

    /// Whether there are no bytes.
    @inlinable public var isEmpty: Bool { upper == lower }

    /// The byte at `offset`, or nil when `offset` is outside the run.
    @inlinable
    public subscript(offset: Int) -> UInt8? {
        offset >= 0 && offset < count ? storage[lower + offset] : nil
    }

    /// The part of the run that `range` covers, sharing its storage.
    ///
    /// A range that reaches outside is cut to the run.
    @inlinable
    public subscript(range: Range<Int>) -> Bytes {
        let start = Swift.min(Swift.max(range.lowerBound, 0), count)
        let end = Swift.min(Swift.max(range.upperBound, start), count)
        return Bytes(unchecked: storage, from: lower + start, to: lower + end)
    }

    /// Calls `body` with the bytes.
    ///
    /// The pointer is valid only during the call.
    @inlinable
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try storage.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[lower..<upper])) }
    }

    /// The bytes as an array: the storage itself when the run covers all of it, else a copy.
    @inlinable public var array: [UInt8] {
        lower == 0 && upper == storage.count ? storage : Array(storage[lower..<upper])
    }

    /// The bytes read as UTF-8, each malformed sequence replaced by U+FFFD.
    @inlinable public var text: String {
        String(decoding: storage[lower..<upper], as: UTF8.self)
    }

    /// The bytes read as UTF-8, or nil when they are not well formed.
    @inlinable public var validatedText: String? {
        String(validating: storage[lower..<upper], as: UTF8.self)
    }

    /// The same bytes in storage of their own, when the present storage is larger than they are.
    @inlinable
    public func compacted() -> Bytes {
        count == storage.count ? self : Bytes(Array(storage[lower..<upper]))
    }
}

extension Bytes {
    /// Whether both runs are parts of one storage.
    func sharesStorage(with other: Bytes) -> Bool {
        storage.withUnsafeBufferPointer { one in
            other.storage.withUnsafeBufferPointer { $0.baseAddress == one.baseAddress && $0.count == one.count }
        }
    }
}

extension Bytes: Sequence {
    @inlinable
    public func makeIterator() -> IndexingIterator<ArraySlice<UInt8>> {
        storage[lower..<upper].makeIterator()
    }

    @inlinable public var underestimatedCount: Int { count }
}

extension Bytes: Hashable {
    @inlinable
    public static func == (left: Bytes, right: Bytes) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { one in
            right.withUnsafeBytes { other in
                var index = 0
                while one.count - index >= 8 {
                    guard
                        one.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                            == other.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    else { return false }
                    index += 8
                }
                while index < one.count {
                    guard one[index] == other[index] else { return false }
                    index += 1
                }
                return true
            }
        }
    }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension Bytes: ExpressibleByArrayLiteral {
    @inlinable
    public init(arrayLiteral elements: UInt8...) {
        self.init(elements)
    }
}

extension Bytes: ExpressibleByStringLiteral {
    /// The UTF-8 of `value`.
    @inlinable
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension Bytes: CustomStringConvertible {
    /// How many bytes there are; never the bytes themselves, which may be a secret.
    public var description: String { count == 1 ? "1 byte" : "\(count) bytes" }
}
