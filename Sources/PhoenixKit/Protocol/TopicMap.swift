/// A dictionary by topic, made for looking up the topic of every message.
///
/// The entries lie side by side in the order in which they came, and a table of eight bytes for each leads to them: what is looked up in
/// turn lies in turn, and a look at a table that no longer fits in the processor's cache is one miss and not four.
///
/// The topics in it are those that this client joins, and what a peer sends is only looked up. So the keys need no
/// protection from collisions made on purpose, and are hashed eight bytes at a time.
struct TopicMap<Value>: ExpressibleByDictionaryLiteral {
    private struct Entry {
        let topic: Bytes
        let hash: UInt32
        var value: Value
    }

    /// Where an entry is, found by its hash: at the slot that the hash names or, if others are there, behind it.
    private struct Slot {
        /// The position of the entry and one; 0 for a slot that is free.
        var number: UInt32 = 0
        var hash: UInt32 = 0
    }

    private var entries: [Entry] = []
    /// Twice as many as entries at least, a power of two.
    private var slots: [Slot] = []

    init(dictionaryLiteral elements: (Bytes, Value)...) {
        for (topic, value) in elements { self[topic] = value }
    }

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }
    var keys: [Bytes] { entries.map(\.topic) }

    /// The value of `topic`, to be replaced; what is large is changed by its position, in place.
    subscript(topic: Bytes) -> Value? {
        get { position(of: topic).map { entries[$0].value } }
        set {
            switch (position(of: topic), newValue) {
            case (let position?, let value?): entries[position].value = value
            case (let position?, nil): _ = remove(at: position)
            case (nil, let value?): append(Entry(topic: topic, hash: Self.hash(of: topic), value: value))
            case (nil, nil): break
            }
        }
    }

    /// The value at a position that `position(of:)` gave, to be read or changed in place; positions hold until something is removed.
    subscript(at position: Int) -> Value {
        @inline(__always) _read { yield entries[position].value }
        @inline(__always) _modify { yield &entries[position].value }
    }

    mutating func removeValue(forKey topic: Bytes) -> Value? {
        position(of: topic).map { remove(at: $0) }
    }

    /// Where the value of `topic` is.
    @inline(__always)
    func position(of topic: Bytes) -> Int? {
        guard !slots.isEmpty else { return nil }
        let hash = Self.hash(of: topic)
        let mask = slots.count - 1
        var index = Int(hash) & mask
        while slots[index].number != 0 {
            if slots[index].hash == hash {
                let position = Int(slots[index].number) - 1
                if entries[position].topic == topic { return position }
            }
            index = (index + 1) & mask
        }
        return nil
    }

    // MARK: Changing

    private mutating func append(_ entry: Entry) {
        entries.append(entry)
        if slots.count < 2 * entries.count {
            slots = Array(repeating: Slot(), count: max(4, 2 * slots.count))
            for position in entries.indices { note(position) }
        } else {
            note(entries.count - 1)
        }
    }

    /// Puts the entry at `position` into the first free slot from its own one on.
    private mutating func note(_ position: Int) {
        let mask = slots.count - 1
        var index = Int(entries[position].hash) & mask
        while slots[index].number != 0 { index = (index + 1) & mask }
        slots[index] = Slot(number: UInt32(position + 1), hash: entries[position].hash)
    }

    private mutating func remove(at position: Int) -> Value {
        free(slot(of: position))
        let last = entries.count - 1
        if position < last {
            // The last one takes its place.
            slots[slot(of: last)].number = UInt32(position + 1)
            entries.swapAt(position, last)
        }
        return entries.removeLast().value
    }

    /// The slot that leads to `position`.
    private func slot(of position: Int) -> Int {
        let mask = slots.count - 1
        var index = Int(entries[position].hash) & mask
        while slots[index].number != UInt32(position + 1) { index = (index + 1) & mask }
        return index
    }

    /// Frees a slot and moves up those behind it that would not be found any more.
    private mutating func free(_ slot: Int) {
        let mask = slots.count - 1
        var (hole, index) = (slot, (slot + 1) & mask)
        while slots[index].number != 0 {
            let distance = (index - Int(slots[index].hash)) & mask
            if distance >= (index - hole) & mask {
                slots[hole] = slots[index]
                hole = index
            }
            index = (index + 1) & mask
        }
        slots[hole] = Slot()
    }

    // MARK: Hashing

    @inline(__always)
    private static func hash(of topic: Bytes) -> UInt32 {
        topic.withUnsafeBytes { bytes in
            var hash = UInt64(truncatingIfNeeded: bytes.count)
            var index = 0
            while bytes.count - index > 8 {
                hash = mix(hash ^ bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                index += 8
            }
            // The last eight bytes, whether or not some of them have been seen; of less than eight, all of them, some twice.
            var rest: UInt64 = 0
            if bytes.count >= 8 {
                rest = bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
            } else if bytes.count >= 4 {
                let first = bytes.loadUnaligned(as: UInt32.self)
                rest =
                    UInt64(first) << 32 | UInt64(bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self))
            } else {
                for byte in bytes { rest = rest << 8 | UInt64(byte) }
            }
            return UInt32(truncatingIfNeeded: mix(hash ^ rest))
        }
    }

    /// Folds the 128 bits of a product into 64 (wyhash).
    @inline(__always)
    private static func mix(_ word: UInt64) -> UInt64 {
        let (high, low) = (word ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
        return high ^ low
    }
}
