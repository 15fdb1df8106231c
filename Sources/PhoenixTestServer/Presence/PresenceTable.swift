internal import PhoenixKit

/// Who is present where, and what changed since the last diff was taken.
struct PresenceTable {
    /// A change of one topic's presences, as `presence_diff` carries it.
    struct Diff {
        var topic: Bytes
        var value: Value
    }

    private struct Meta {
        var channel: UInt64
        var key: String
        var reference: String
        var previous: String?
        var fields: [String: Value]

        var value: Value {
            var members = fields
            members["phx_ref"] = .string(reference)
            if let previous { members["phx_ref_prev"] = .string(previous) }
            return .object(members)
        }
    }

    private struct Changes {
        var joins: [Meta] = []
        var leaves: [Meta] = []
    }

    /// Each topic's presences in the order in which they came.
    private var topics: [Bytes: [Meta]] = [:]
    private var changes: [Bytes: Changes] = [:]
    private var changedTopics: [Bytes] = []
    private var references = PresenceReferences()

    mutating func track(_ key: String, _ fields: [String: Value], for channel: ChannelState) {
        if index(of: key, channel) != nil {
            return update(key, for: channel) { $0 = fields }
        }
        let meta = Meta(channel: channel.number, key: key, reference: references.next(), fields: fields)
        topics[channel.topic, default: []].append(meta)
        change(channel.topic) { $0.joins.append(meta) }
    }

    mutating func update(_ key: String, for channel: ChannelState, _ edit: (inout [String: Value]) -> Void) {
        guard let index = index(of: key, channel), var meta = topics[channel.topic]?[index] else { return }
        let old = meta
        edit(&meta.fields)
        meta.previous = meta.reference
        meta.reference = references.next()
        topics[channel.topic]?[index] = meta
        change(channel.topic) {
            $0.joins.append(meta)
            $0.leaves.append(old)
        }
    }

    mutating func untrack(_ key: String, for channel: ChannelState) {
        guard let index = index(of: key, channel) else { return }
        remove([index], from: channel.topic)
    }

    /// Removes all that a channel tracks.
    mutating func forget(_ channel: ChannelState) {
        guard let metas = topics[channel.topic] else { return }
        remove(metas.indices.filter { metas[$0].channel == channel.number }, from: channel.topic)
    }

    func list(_ topic: Bytes) -> Value {
        Self.grouped(topics[topic] ?? [])
    }

    /// The changes of one topic, or nil when nothing has changed.
    mutating func takeDiff() -> Diff? {
        guard !changedTopics.isEmpty else { return nil }
        let topic = changedTopics.removeFirst()
        let change = changes.removeValue(forKey: topic) ?? Changes()
        let value: Value = ["joins": Self.grouped(change.joins), "leaves": Self.grouped(change.leaves)]
        return Diff(topic: topic, value: value)
    }

    private func index(of key: String, _ channel: ChannelState) -> Int? {
        topics[channel.topic]?.firstIndex { $0.channel == channel.number && $0.key == key }
    }

    private mutating func remove(_ indices: [Int], from topic: Bytes) {
        guard !indices.isEmpty, var metas = topics.removeValue(forKey: topic) else { return }
        let leaves = indices.map { metas[$0] }
        for index in indices.reversed() { metas.remove(at: index) }
        if !metas.isEmpty { topics[topic] = metas }
        change(topic) { $0.leaves += leaves }
    }

    private mutating func change(_ topic: Bytes, _ edit: (inout Changes) -> Void) {
        if changes[topic] == nil { changedTopics.append(topic) }
        edit(&changes[topic, default: Changes()])
    }

    private static func grouped(_ metas: [Meta]) -> Value {
        var keys: [String: [Value]] = [:]
        for meta in metas { keys[meta.key, default: []].append(meta.value) }
        return .object(keys.mapValues { ["metas": .array($0)] })
    }
}
