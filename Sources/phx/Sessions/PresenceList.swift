internal import Phoenix

/// Who is on a topic, by what `presence_state` and `presence_diff` say (Phoenix.Presence).
struct PresenceList {
    /// Who came and who went, by name.
    struct Change: Equatable {
        var came: [String] = []
        var went: [String] = []
    }

    /// Diffs kept until the state they belong to has come; the joiner's own often comes before it.
    private static let limit = 1_000
    /// The references of each one's presences.
    private var references: [String: Set<String>] = [:]
    private var early: [Value]? = []

    /// The names of all who are here, in alphabetical order.
    var names: [String] { references.keys.sorted() }

    /// Takes the payload of a `presence_state`: it replaces what was known, and the diffs that came early follow it.
    mutating func replace(with state: Value) -> Change {
        let before = Set(references.keys)
        references = Self.references(in: state)
        for diff in early ?? [] { apply(diff) }
        early = nil
        return change(since: before)
    }

    /// Takes the payload of a `presence_diff`.
    mutating func merge(_ diff: Value) -> Change {
        if let count = early?.count {
            if count < Self.limit { early?.append(diff) }
            return Change()
        }
        let before = Set(references.keys)
        apply(diff)
        return change(since: before)
    }

    private mutating func apply(_ diff: Value) {
        for (name, added) in Self.references(in: diff["joins"]) { references[name, default: []].formUnion(added) }
        for (name, removed) in Self.references(in: diff["leaves"]) {
            references[name]?.subtract(removed)
            if references[name]?.isEmpty == true { references[name] = nil }
        }
    }

    private func change(since before: Set<String>) -> Change {
        let now = Set(references.keys)
        return Change(came: now.subtracting(before).sorted(), went: before.subtracting(now).sorted())
    }

    private static func references(in value: Value?) -> [String: Set<String>] {
        (value?.object ?? [:]).mapValues { presence in
            Set((presence["metas"]?.array ?? []).compactMap { $0["phx_ref"]?.string })
        }
    }
}
