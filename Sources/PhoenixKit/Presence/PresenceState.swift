/// Who is present on a topic, kept up to date from what the server sends: `presence_state` after a join, and `presence_diff`s.
///
/// A value without a channel, for handlers of the callback client; `PhoenixChannel.presence()` feeds one by itself. The algorithm is that of
/// phoenix.js (`presence.js`): joins are merged first, then leaves, metas by their `phx_ref`. Diffs that come before the state of their join
/// wait for it. An update of a meta is a join and a leave.
public struct PresenceState: Sendable {
    /// How many diffs may wait for the state of their join.
    ///
    /// Default: 1,000. One more is refused with `.bufferFull`.
    public var pendingLimit = 1_000
    private var entries: [String: Presence] = [:]
    private var pending: [Diff] = []
    /// Whether the state of the present join is still to come.
    public private(set) var isPending = true

    private struct Diff {
        var joins: [String: Presence]
        var leaves: [String: Presence]

        init(joins: [String: Presence], leaves: [String: Presence]) {
            self.joins = joins
            self.leaves = leaves
        }

        /// - Throws: `.decoding`.
        init(_ payload: Payload) throws(PhoenixError) {
            guard case .object(let members) = try payload.value() else {
                throw PhoenixError(
                    .decoding,
                    "Expected an object with joins and leaves as a presence diff, got something else."
                )
            }
            joins = try Presence.entries(members["joins"])
            leaves = try Presence.entries(members["leaves"])
        }
    }

    /// Nobody, as far as is known.
    public init() {}

    /// Who is present, in the order of their keys.
    public var list: [Presence] { entries.values.sorted { $0.key < $1.key } }

    /// How many keys are present.
    public var count: Int { entries.count }

    /// The presence of `key`.
    public subscript(key: String) -> Presence? { entries[key] }

    /// The channel was joined, or joined again: its state is still to come, and diffs wait for it.
    ///
    /// What is known stays until then, so that only what has really changed is reported.
    public mutating func joined() {
        isPending = true
        pending = []
    }

    /// A `presence_state` came.
    ///
    /// - Returns: what has changed, of the state first and then of the diffs that waited for it.
    /// - Throws: `.decoding`; nothing is changed then.
    public mutating func stateReceived(_ payload: Payload) throws(PhoenixError) -> [PresenceChange] {
        let new = try Presence.entries(try payload.value())
        var diff = Diff(joins: [:], leaves: [:])
        for (key, current) in entries where new[key] == nil { diff.leaves[key] = current }
        for (key, presence) in new {
            guard let current = entries[key] else {
                diff.joins[key] = presence
                continue
            }
            let (ours, theirs) = (Set(current.metas.map(\.identity)), Set(presence.metas.map(\.identity)))
            var (joined, left) = (presence, current)
            joined.metas.removeAll { ours.contains($0.identity) }
            left.metas.removeAll { theirs.contains($0.identity) }
            if !joined.metas.isEmpty { diff.joins[key] = joined }
            if !left.metas.isEmpty { diff.leaves[key] = left }
        }
        var changes = apply(diff)
        for waiting in pending { changes += apply(waiting) }
        isPending = false
        pending = []
        return changes
    }

    /// A `presence_diff` came.
    ///
    /// - Returns: what has changed; nothing while the state of the present join is still to come.
    /// - Throws: `.decoding`, `.bufferFull`; nothing is changed then.
    public mutating func diffReceived(_ payload: Payload) throws(PhoenixError) -> [PresenceChange] {
        let diff = try Diff(payload)
        guard isPending else { return apply(diff) }
        guard pending.count < pendingLimit else {
            throw PhoenixError(
                .bufferFull,
                "Expected the state of a presence before \(pendingLimit) of its diffs, got one more diff. It is not applied; "
                    + "let the channel push presence_state after a join."
            )
        }
        pending.append(diff)
        return []
    }

    /// Joins first, then leaves, each in the order of the keys.
    private mutating func apply(_ diff: Diff) -> [PresenceChange] {
        var changes: [PresenceChange] = []
        for (key, new) in diff.joins.sorted(by: { $0.key < $1.key }) {
            let current = entries[key]
            var merged = new
            if let current {
                let joined = Set(new.metas.map(\.identity))
                merged.metas = current.metas.filter { !joined.contains($0.identity) } + new.metas
            }
            entries[key] = merged
            changes.append(.joined(current: current, new: new))
        }
        for (key, left) in diff.leaves.sorted(by: { $0.key < $1.key }) {
            guard var current = entries[key] else { continue }
            let gone = Set(left.metas.map(\.identity))
            current.metas.removeAll { gone.contains($0.identity) }
            entries[key] = current.metas.isEmpty ? nil : current
            changes.append(.left(current: current, left: left))
        }
        return changes
    }
}
