internal import PhoenixKit

/// Writes MessagePack, every value in its shortest form.
struct PackWriter {
    private(set) var bytes: [UInt8] = []
    let limits: MessagePackLimits

    init(_ limits: MessagePackLimits, capacity: Int = 96) {
        self.limits = limits
        bytes.reserveCapacity(capacity)
    }

    var count: Int { bytes.count }

    mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }

    /// The whole, if it is not too large.
    func finished() throws -> Bytes {
        guard bytes.count <= limits.size else {
            throw Self.invalid(bytes.count, [], "Expected a payload of at most \(limits.size) bytes.")
        }
        return Bytes(bytes)
    }

    static func invalid(_ value: Any, _ path: [any CodingKey], _ description: String) -> EncodingError {
        .invalidValue(value, EncodingError.Context(codingPath: path, debugDescription: description))
    }

    // MARK: Scalars

    @inline(__always)
    mutating func writeNil() { bytes.append(0xC0) }

    @inline(__always)
    mutating func write(_ truth: Bool) { bytes.append(truth ? 0xC3 : 0xC2) }

    @inline(__always)
    mutating func write(_ number: Float) {
        bytes.append(0xCA)
        bytes.append(bigEndian: number.bitPattern)
    }

    @inline(__always)
    mutating func write(_ number: Double) {
        bytes.append(0xCB)
        bytes.append(bigEndian: number.bitPattern)
    }

    @inline(__always)
    mutating func write<Number: FixedWidthInteger>(_ number: Number) {
        if number >= 0 {
            write(unsigned: UInt64(truncatingIfNeeded: number))
        } else {
            write(negative: Int64(truncatingIfNeeded: number))
        }
    }

    private mutating func write(unsigned number: UInt64) {
        if number < 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: number))
        } else if let number = UInt8(exactly: number) {
            bytes.append(0xCC)
            bytes.append(number)
        } else if let number = UInt16(exactly: number) {
            bytes.append(0xCD)
            bytes.append(bigEndian: number)
        } else if let number = UInt32(exactly: number) {
            bytes.append(0xCE)
            bytes.append(bigEndian: number)
        } else {
            bytes.append(0xCF)
            bytes.append(bigEndian: number)
        }
    }

    private mutating func write(negative number: Int64) {
        if number >= -32 {
            bytes.append(UInt8(truncatingIfNeeded: number))
        } else if let number = Int8(exactly: number) {
            bytes.append(0xD0)
            bytes.append(UInt8(bitPattern: number))
        } else if let number = Int16(exactly: number) {
            bytes.append(0xD1)
            bytes.append(bigEndian: number)
        } else if let number = Int32(exactly: number) {
            bytes.append(0xD2)
            bytes.append(bigEndian: number)
        } else {
            bytes.append(0xD3)
            bytes.append(bigEndian: number)
        }
    }

    // MARK: Text and data

    @inline(__always)
    mutating func write(string: String) throws(PackOverflow) {
        let utf8 = string.utf8
        try writeTextHeader(utf8.count)
        bytes.append(contentsOf: utf8)
    }

    /// Writes a string of bytes that are UTF-8.
    @inline(__always)
    mutating func write(text: Bytes) throws(PackOverflow) {
        try writeTextHeader(text.count)
        append(text)
    }

    mutating func write(data: Bytes) throws(PackOverflow) {
        try writeHeader(data.count, 0xC4, 0xC5, 0xC6)
        append(data)
    }

    mutating func write(type: Int8, data: Bytes) throws(PackOverflow) {
        switch data.count {
        case 1: bytes.append(0xD4)
        case 2: bytes.append(0xD5)
        case 4: bytes.append(0xD6)
        case 8: bytes.append(0xD7)
        case 16: bytes.append(0xD8)
        default: try writeHeader(data.count, 0xC7, 0xC8, 0xC9)
        }
        bytes.append(UInt8(bitPattern: type))
        append(data)
    }

    /// Writes bytes that are MessagePack already.
    @inline(__always)
    mutating func append(_ data: Bytes) { data.withUnsafeBytes { bytes.append(contentsOf: $0) } }

    mutating func append(_ data: [UInt8]) { bytes.append(contentsOf: data) }

    @inline(__always)
    private mutating func writeTextHeader(_ length: Int) throws(PackOverflow) {
        if length < 32 {
            bytes.append(0xA0 | UInt8(truncatingIfNeeded: length))
        } else {
            try writeHeader(length, 0xD9, 0xDA, 0xDB)
        }
    }

    private mutating func writeHeader(
        _ length: Int,
        _ short: UInt8,
        _ middle: UInt8,
        _ long: UInt8
    ) throws(PackOverflow) {
        if let length = UInt8(exactly: length) {
            bytes.append(short)
            bytes.append(length)
        } else {
            try writeHeader(length, middle, long)
        }
    }

    private mutating func writeHeader(_ length: Int, _ middle: UInt8, _ long: UInt8) throws(PackOverflow) {
        if let length = UInt16(exactly: length) {
            bytes.append(middle)
            bytes.append(bigEndian: length)
        } else if let length = UInt32(exactly: length) {
            bytes.append(long)
            bytes.append(bigEndian: length)
        } else {
            throw PackOverflow(count: length)
        }
    }

    // MARK: Arrays and maps

    mutating func writeArrayHeader(_ count: Int) throws(PackOverflow) {
        if count < 16 {
            bytes.append(0x90 | UInt8(truncatingIfNeeded: count))
        } else {
            try writeHeader(count, 0xDC, 0xDD)
        }
    }

    mutating func writeMapHeader(_ count: Int) throws(PackOverflow) {
        if count < 16 {
            bytes.append(0x80 | UInt8(truncatingIfNeeded: count))
        } else {
            try writeHeader(count, 0xDE, 0xDF)
        }
    }

    /// Leaves room for the header of an array or a map whose size is not known yet.
    @inline(__always)
    mutating func reserveHeader() { bytes.append(0) }

    /// Fills in a header that was reserved at `offset`.
    ///
    /// - Returns: by how much everything after it has moved.
    mutating func fillHeader(at offset: Int, isMap: Bool, count: Int) throws(PackOverflow) -> Int {
        guard count >= 16 else {
            bytes[offset] = (isMap ? 0x80 : 0x90) | UInt8(truncatingIfNeeded: count)
            return 0
        }
        var header = PackWriter(limits, capacity: 5)
        if isMap { try header.writeMapHeader(count) } else { try header.writeArrayHeader(count) }
        bytes.replaceSubrange(offset...offset, with: header.bytes)
        return header.count - 1
    }
}

/// More bytes or elements than the 32 bits of MessagePack's lengths count.
struct PackOverflow: Error, CustomStringConvertible {
    let count: Int

    var description: String { "expected a length of at most 4,294,967,295, got \(count)" }
}
