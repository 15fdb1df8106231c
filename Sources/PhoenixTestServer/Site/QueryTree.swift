internal import PhoenixKit

/// Reads a query as Plug does: later values win, `a[b]=1` nests, `a[]=1` collects.
enum QueryTree {
    /// How many parameters are read; the rest is ignored.
    private static let maximumItems = 1_000
    /// How deep names may nest; deeper ones are taken literally.
    private static let maximumDepth = 32

    static func parameters(of query: String?) -> [String: Value] {
        var root = Value.object([:])
        let endpoint = Endpoint(scheme: "http", host: "", path: "", query: query)
        for item in endpoint.queryItems.prefix(maximumItems) {
            insert(item.value, at: keys(of: item.name)[...], into: &root)
        }
        return root.object ?? [:]
    }

    /// The steps of a name: `a[b][]` is `a`, `b` and the empty step that collects.
    private static func keys(of name: String) -> [String] {
        guard name.hasSuffix("]"), let open = name.firstIndex(of: "["), open != name.startIndex else { return [name] }
        let inner = name[name.index(after: open)...].dropLast()
        let steps = inner.split(separator: "][", omittingEmptySubsequences: false).map(String.init)
        guard steps.count < maximumDepth, steps.allSatisfy({ !$0.contains("[") && !$0.contains("]") }) else {
            return [name]
        }
        return [String(name[..<open])] + steps
    }

    private static func insert(_ text: String, at keys: ArraySlice<String>, into value: inout Value) {
        guard let key = keys.first else {
            value = .string(text)
            return
        }
        let rest = keys.dropFirst()
        if key.isEmpty {
            var elements = value.array ?? []
            var element = Value.null
            insert(text, at: rest, into: &element)
            elements.append(element)
            value = .array(elements)
        } else {
            var members = value.object ?? [:]
            var member = members[key] ?? .null
            insert(text, at: rest, into: &member)
            members[key] = member
            value = .object(members)
        }
    }
}
