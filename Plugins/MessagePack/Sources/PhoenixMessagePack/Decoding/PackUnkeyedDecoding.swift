/// An array as a type's `init(from:)` sees it.
struct PackUnkeyedDecoding: UnkeyedDecodingContainer {
    private let source: PackSource
    private let path: PackPath?
    /// Where the elements are.
    private let offsets: [Int]
    private(set) var currentIndex = 0

    init(_ node: PackNode) throws {
        source = node.source
        path = node.path
        let source = source
        let offsets = try source.scan(at: node.offset) { scanner throws(MessagePackError) -> [Int]? in
            guard case .array(let count) = try scanner.header() else { return nil }
            var offsets: [Int] = []
            offsets.reserveCapacity(count)
            for _ in 0..<count {
                offsets.append(scanner.position)
                try source.skip(&scanner)
            }
            return offsets
        }
        guard let offsets else { throw source.mismatch([Any].self, at: node.offset, node.codingPath) }
        self.offsets = offsets
    }

    var codingPath: [any CodingKey] { PackPath.keys(path) }
    var count: Int? { offsets.count }
    var isAtEnd: Bool { currentIndex >= offsets.count }

    mutating func decodeNil() throws -> Bool {
        guard source.isNil(at: try offset(for: Never.self)) else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool {
        try advance(source.boolean(at: offset(for: type), elementPath))
    }

    mutating func decode(_ type: String.Type) throws -> String {
        try advance(source.string(at: offset(for: type), elementPath))
    }

    mutating func decode(_ type: Double.Type) throws -> Double {
        try advance(source.double(at: offset(for: type), elementPath))
    }

    mutating func decode(_ type: Float.Type) throws -> Float {
        try advance(source.float(at: offset(for: type), elementPath))
    }

    mutating func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }

    mutating func decode<Decoded: Decodable>(_ type: Decoded.Type) throws -> Decoded {
        try advance(node(for: type).decoded(type))
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try advance(node(for: [String: Any].self).container(keyedBy: type))
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try advance(node(for: [Any].self).unkeyedContainer())
    }

    mutating func superDecoder() throws -> any Decoder {
        try advance(node(for: (any Decoder).self))
    }

    @inline(__always)
    private mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Integer {
        try advance(source.integer(at: offset(for: type), as: type, elementPath))
    }

    private var elementPath: [any CodingKey] { PackPath.keys(path, PackKey.index(currentIndex)) }

    /// Moves on, now that `result` has been made; an element that fails may be decoded again as another type.
    private mutating func advance<Result>(_ result: Result) -> Result {
        currentIndex += 1
        return result
    }

    private func node(for type: Any.Type) throws -> PackNode {
        let key = PackKey.index(currentIndex)
        return PackNode(source: source, offset: try offset(for: type), path: PackPath(path, key))
    }

    private func offset(for type: Any.Type) throws -> Int {
        guard offsets.indices.contains(currentIndex) else {
            throw DecodingError.valueNotFound(
                type,
                DecodingError.Context(codingPath: elementPath, debugDescription: "The array has no more elements.")
            )
        }
        return offsets[currentIndex]
    }
}
