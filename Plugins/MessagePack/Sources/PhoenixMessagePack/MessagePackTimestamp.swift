public import PhoenixKit

/// A point in time as MessagePack's extension type -1 has it: seconds since 1970, and nanoseconds.
///
/// As a member of a `Codable` type it is written in the shortest of the three forms that holds it (32, 64 or 96 bits) and
/// read from any of them. `Date` is read and written the same way, as far as a `Double` of seconds is exact.
public struct MessagePackTimestamp: Sendable, Hashable {
    /// The extension type of timestamps.
    public static let type: Int8 = -1

    /// Whole seconds since 1970-01-01 00:00:00 UTC, negative before.
    public let seconds: Int64
    /// What is added to the seconds, 0 to 999,999,999.
    public let nanoseconds: UInt32

    /// Nil when there are more than 999,999,999 nanoseconds.
    public init?(seconds: Int64, nanoseconds: UInt32 = 0) {
        guard nanoseconds < 1_000_000_000 else { return nil }
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Reads the data of an extension of type -1; nil when they are not 4, 8 or 12 bytes of the specification's forms.
    public init?(data: Bytes) {
        switch data.count {
        case 4: self.init(seconds: Int64(data.bigEndian(0..<4)))
        case 8:
            let both = data.bigEndian(0..<8)
            self.init(
                seconds: Int64(both & 0x3_FFFF_FFFF),
                nanoseconds: UInt32(truncatingIfNeeded: both >> 34)
            )
        case 12:
            self.init(
                seconds: Int64(bitPattern: data.bigEndian(4..<12)),
                nanoseconds: UInt32(truncatingIfNeeded: data.bigEndian(0..<4))
            )
        default: return nil
        }
    }

    /// Reads a dynamic value; nil when it is no extension of type -1, or a malformed one.
    public init?(_ value: Value) {
        guard case .extension(Self.type, let data) = value else { return nil }
        self.init(data: data)
    }

    /// The data of the extension, in the shortest form.
    public var data: Bytes {
        var bytes: [UInt8] = []
        if let unsigned = UInt64(exactly: seconds), unsigned <= 0x3_FFFF_FFFF {
            if nanoseconds == 0, let short = UInt32(exactly: unsigned) {
                bytes.append(bigEndian: short)
            } else {
                bytes.append(bigEndian: UInt64(nanoseconds) << 34 | unsigned)
            }
        } else {
            bytes.append(bigEndian: nanoseconds)
            bytes.append(bigEndian: UInt64(bitPattern: seconds))
        }
        return Bytes(bytes)
    }

    /// The extension as a dynamic value.
    public var value: Value { .extension(type: Self.type, data: data) }
}

/// MessagePack writes and reads a timestamp as its extension; other formats as an object of seconds and nanoseconds.
extension MessagePackTimestamp: Codable {
    private enum CodingKeys: CodingKey {
        case seconds, nanoseconds
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let seconds = try container.decode(Int64.self, forKey: .seconds)
        let nanoseconds = try container.decode(UInt32.self, forKey: .nanoseconds)
        guard let timestamp = Self(seconds: seconds, nanoseconds: nanoseconds) else {
            throw DecodingError.dataCorruptedError(
                forKey: .nanoseconds,
                in: container,
                debugDescription: "Expected at most 999,999,999 nanoseconds."
            )
        }
        self = timestamp
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(nanoseconds, forKey: .nanoseconds)
    }
}

extension Bytes {
    /// The bytes of `range`, at most eight, as an unsigned number; bytes that are not there count as none.
    fileprivate func bigEndian(_ range: Range<Int>) -> UInt64 {
        self[range].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension [UInt8] {
    @inline(__always)
    mutating func append<Number: FixedWidthInteger>(bigEndian number: Number) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }
}
