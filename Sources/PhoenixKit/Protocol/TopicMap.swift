/// A dictionary by topic, made for looking up the topic of every message.
///
/// The topics in it are those that this client joins, and what a peer sends is only looked up. So the keys need no
/// protection from collisions made on purpose, and are hashed eight bytes at a time.
struct TopicMap<Value>: ExpressibleByDictionaryLiteral {
    private var storage: [TopicKey: Value] = [:]

    init(dictionaryLiteral elements: (Bytes, Value)...) {
        for (topic, value) in elements { storage[TopicKey(topic: topic)] = value }
    }

    var isEmpty: Bool { storage.isEmpty }
    var count: Int { storage.count }
    var keys: [Bytes] { storage.keys.map(\.topic) }

    subscript(topic: Bytes) -> Value? {
        @inline(__always) get { storage[TopicKey(topic: topic)] }
        // Not inlined, it would allocate a frame for each change.
        @inline(__always) _modify { yield &storage[TopicKey(topic: topic)] }
    }

    mutating func removeValue(forKey topic: Bytes) -> Value? {
        storage.removeValue(forKey: TopicKey(topic: topic))
    }
}

/// A topic, hashed cheaply.
private struct TopicKey: Hashable {
    let topic: Bytes

    func hash(into hasher: inout Hasher) {
        hasher.combine(topic)
    }

    /// What a dictionary asks for in place of `hash(into:)`.
    @inline(__always)
    func _rawHashValue(seed: Int) -> Int {
        topic.withUnsafeBytes { bytes in
            var hash = UInt64(truncatingIfNeeded: seed) ^ UInt64(truncatingIfNeeded: bytes.count)
            var index = 0
            while bytes.count - index >= 8 {
                hash = Self.mix(hash ^ bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                index += 8
            }
            var rest: UInt64 = 0
            while index < bytes.count {
                rest = rest << 8 | UInt64(bytes[index])
                index += 1
            }
            return Int(truncatingIfNeeded: Self.mix(hash ^ rest))
        }
    }

    /// Folds the 128 bits of a product into 64 (wyhash).
    @inline(__always)
    private static func mix(_ word: UInt64) -> UInt64 {
        let (high, low) = (word ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
        return high ^ low
    }
}
