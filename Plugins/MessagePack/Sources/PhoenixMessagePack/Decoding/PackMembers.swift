internal import PhoenixKit

/// The members of one map, found once.
///
/// A class, because the standard library copies a container whenever a value is decoded from it.
final class PackMembers {
    private struct Member {
        /// Where the key's text is; empty for an integer, which `lookup` knows.
        let key: Range<Int>
        let value: Int
    }

    let source: PackSource
    let path: PackPath?
    private let members: [Member]
    /// All keys, where there are integers among them.
    private let names: [String]?
    /// Where the last member of each key is; where looking through them would be dear, or some keys are integers.
    private let lookup: [String: Int]?

    private static let few = 32

    init(_ node: PackNode) throws {
        source = node.source
        path = node.path
        let source = source
        var hasIntegers = false
        let members = try source.scan(at: node.offset) { scanner throws(MessagePackError) -> [Member]? in
            guard case .map(let count) = try scanner.header() else { return nil }
            var members: [Member] = []
            members.reserveCapacity(count)
            for _ in 0..<count {
                let start = scanner.position
                var key = start..<start
                if case .string(let length) = try scanner.header() {
                    key = scanner.position..<(scanner.position + length)
                    scanner.position += length
                } else {
                    hasIntegers = true
                    scanner.position = start
                    _ = try scanner.key()
                }
                members.append(Member(key: key, value: scanner.position))
                try source.skip(&scanner)
            }
            return members
        }
        guard let members else { throw source.mismatch([String: Any].self, at: node.offset, node.codingPath) }
        self.members = members
        guard hasIntegers || members.count > Self.few else {
            names = nil
            lookup = nil
            return
        }
        let names = hasIntegers ? try source.keys(at: node.offset) : Self.names(of: members, in: source)
        var lookup: [String: Int] = [:]
        lookup.reserveCapacity(members.count)
        for (index, key) in names.enumerated() { lookup[key] = index }
        self.names = hasIntegers ? names : nil
        self.lookup = lookup
    }

    private static func names(of members: [Member], in source: PackSource) -> [String] {
        source.bytes.withUnsafeBytes { bytes in
            let scanner = PackScanner(bytes, source.limits)
            return members.map { scanner.characters($0.key) }
        }
    }

    /// Each key once, in the order in which they are written first.
    var uniqueKeys: [String] {
        var seen: Set<String> = []
        return (names ?? Self.names(of: members, in: source)).filter { seen.insert($0).inserted }
    }

    /// Where the value of the last member `key` is.
    @inline(__always)
    func offset(of key: String) -> Int? {
        if let lookup { return lookup[key].map { members[$0].value } }
        var key = key
        return key.withUTF8 { key in
            source.bytes.withUnsafeBytes { bytes in
                for member in members.reversed() where member.key.count == key.count {
                    if bytes[member.key].elementsEqual(key) { return member.value }
                }
                return nil
            }
        }
    }

    /// As `offset(of:)`, but a key that is missing is an error.
    func offset(for key: some CodingKey) throws -> Int {
        guard let offset = offset(of: key.stringValue) else {
            throw DecodingError.keyNotFound(
                key,
                DecodingError.Context(
                    codingPath: PackPath.keys(path),
                    debugDescription: "No value associated with key \"\(key.stringValue)\"."
                )
            )
        }
        return offset
    }
}
