internal import PhoenixKit

/// The members of one object, found once.
///
/// A class, because the standard library copies a container whenever a value is decoded from it.
final class JSONMembers {
    private struct Member {
        let key: JSONText
        let value: Int
    }

    let source: JSONSource
    let path: JSONPath?
    private let members: [Member]
    /// Where the last member of each key is; only where there are so many that looking through them would be dear.
    private let lookup: [String: Int]?

    private static let few = 32

    init(_ node: JSONNode) throws {
        source = node.source
        path = node.path
        guard source.firstByte(at: node.offset) == UInt8(ascii: "{") else {
            throw source.mismatch([String: Any].self, at: node.offset, node.codingPath)
        }
        members = try Self.read(source, at: node.offset) ?? Self.scan(source, at: node.offset)
        guard members.count > Self.few else {
            lookup = nil
            return
        }
        var lookup: [String: Int] = [:]
        lookup.reserveCapacity(members.count)
        for (index, key) in Self.keys(of: members, in: source).enumerated() { lookup[key] = index }
        self.lookup = lookup
    }

    /// The members of an object that is usually written and nested in few others; nil where the scanner is to judge.
    private static func read(_ source: JSONSource, at offset: Int) -> [Member]? {
        guard !source.isDeep else { return nil }
        return source.bytes.withUnsafeBytes { bytes in
            guard let text = JSONShortcut(bytes) else { return nil }
            var members: [Member] = []
            members.reserveCapacity(4)
            let end = text.object(at: offset, depth: 1) { key, value in
                let key = JSONText(lower: key.lowerBound, upper: key.upperBound, hasEscapes: false, isASCII: true)
                members.append(Member(key: key, value: value.lowerBound))
            }
            return end == nil ? nil : members
        }
    }

    private static func scan(_ source: JSONSource, at offset: Int) throws(JSONError) -> [Member] {
        try source.scan(at: offset) { scanner throws(JSONError) in
            var members: [Member] = []
            var hasMore = try scanner.beginObject()
            if hasMore { members.reserveCapacity(4) }
            while hasMore {
                let key = try scanner.key()
                members.append(Member(key: key, value: scanner.position))
                try source.skipValue(&scanner)
                hasMore = try scanner.continuesObject()
            }
            return members
        }
    }

    /// All keys in the order in which they are written, also those that are written twice.
    private static func keys(of members: [Member], in source: JSONSource) -> [String] {
        source.bytes.withUnsafeBytes { bytes in
            let scanner = JSONScanner(bytes)
            return members.map { scanner.characters(of: $0.key) }
        }
    }

    /// Each key once, in the order in which they are written first.
    var uniqueKeys: [String] {
        var seen: Set<String> = []
        return Self.keys(of: members, in: source).filter { seen.insert($0).inserted }
    }

    /// Where the value of the last member `key` is.
    func offset(of key: String) -> Int? {
        if let lookup { return lookup[key].map { members[$0].value } }
        let key = JSONKey(key)
        return source.bytes.withUnsafeBytes { bytes in
            let scanner = JSONScanner(bytes)
            return members.last { scanner.matches($0.key, key) }?.value
        }
    }

    /// As `offset(of:)`, but a key that is missing is an error.
    func offset(for key: some CodingKey) throws -> Int {
        guard let offset = offset(of: key.stringValue) else {
            throw DecodingError.keyNotFound(
                key,
                DecodingError.Context(
                    codingPath: JSONPath.keys(path),
                    debugDescription: "No value associated with key \"\(key.stringValue)\"."
                )
            )
        }
        return offset
    }
}
