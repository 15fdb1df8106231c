public import PhoenixKit

/// MessagePack as its specification has it, all formats of it, read strictly and written in the shortest form.
///
/// Reading refuses what is malformed: lengths beyond the input, strings that are not UTF-8, the byte 0xc1, more after the
/// value. It bounds what the specification leaves open, by `limits`. Of a key written twice the last value counts. All
/// errors in the bytes are `MessagePackError`.
///
/// `Data` is binary data without base64, `Date` and `MessagePackTimestamp` are the timestamp extension, `URL` is a string.
/// Other extensions are `Value.extension`. Keys of maps are strings; integers are read as their decimal digits, and keys of
/// other kinds are refused when a value is made of the map.
public struct MessagePackFormat: PayloadFormat {
    /// What is read and written at most.
    public let limits: MessagePackLimits

    public init(limits: MessagePackLimits = MessagePackLimits()) {
        self.limits = limits
    }

    public var name: String { "MessagePack" }

    public func value(of bytes: Bytes) throws -> Value {
        try bytes.withScanner(limits) { scanner throws(MessagePackError) in
            let value = try scanner.value()
            try scanner.expectEnd()
            return value
        }
    }

    /// Encodes a dynamic value, maps in the order of their keys.
    ///
    /// - Throws: `EncodingError` for more levels or bytes than `limits` allow, or than 32 bits count.
    public func encode(value: Value) throws -> Bytes {
        var writer = PackWriter(limits)
        try writer.write(value, depth: 0, path: [])
        return try writer.finished()
    }

    /// Encodes a value of any type.
    ///
    /// - Throws: `EncodingError` as above, and for a type that does not encode anything; whatever the type's
    ///   `encode(to:)` throws.
    public func encode<Encoded: Encodable>(_ value: Encoded) throws -> Bytes {
        try PackScope.encode(value, limits)
    }

    /// Decodes one whole value.
    ///
    /// - Throws: `MessagePackError` when the bytes are not MessagePack, `DecodingError` when they do not read as `type`;
    ///   whatever the type's `init(from:)` throws.
    public func decode<Decoded: Decodable>(_ type: Decoded.Type, from bytes: Bytes) throws -> Decoded {
        try PackNode(source: PackSource(bytes, limits), offset: 0, path: nil).decoded(type)
    }
}

/// Walking to one field without building a tree.
///
/// The whole input is checked on the way: nil where `value(of:)` throws.
extension MessagePackFormat {
    public func member(_ key: String, of bytes: Bytes) -> Bytes? {
        let range = try? bytes.withScanner(limits) { scanner throws(MessagePackError) -> Range<Int>? in
            guard case .map(let count) = try scanner.header() else { return nil }
            var found: Range<Int>?
            for _ in 0..<count {
                let candidate = try scanner.key()
                let start = scanner.position
                try scanner.skip(depth: 1)
                if candidate == key { found = start..<scanner.position }
            }
            try scanner.expectEnd()
            return found
        }
        return range.map { bytes[$0] }
    }

    public func element(_ index: Int, of bytes: Bytes) -> Bytes? {
        let range = try? bytes.withScanner(limits) { scanner throws(MessagePackError) -> Range<Int>? in
            guard case .array(let count) = try scanner.header() else { return nil }
            var found: Range<Int>?
            for position in 0..<count {
                let start = scanner.position
                try scanner.skip(depth: 1)
                if position == index { found = start..<scanner.position }
            }
            try scanner.expectEnd()
            return found
        }
        return range.map { bytes[$0] }
    }
}
