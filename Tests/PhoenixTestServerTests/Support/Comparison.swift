import PhoenixKit

/// Compares what the server sent with what the real one sent, apart from what differs from run to run: presence
/// references (which must differ where the recorded ones do), random ids, ports and times.
struct Comparison {
    private var references: [String: String] = [:]

    /// Where the two differ, or nil.
    mutating func difference(_ expected: Value, _ actual: Value, at path: String = "$") -> String? {
        switch (expected, actual) {
        case (.object(let left), .object(let right)):
            guard Set(left.keys) == Set(right.keys) else {
                return "\(path): expected the keys \(left.keys.sorted()), got \(right.keys.sorted())"
            }
            for key in left.keys.sorted() {
                let (one, other) = (left[key] ?? .null, right[key] ?? .null)
                if let difference = member(key, one, other, at: "\(path).\(key)") { return difference }
            }
            return nil
        case (.array(let left), .array(let right)):
            guard left.count == right.count else {
                return "\(path): expected \(left.count) elements, got \(right.count)"
            }
            for index in left.indices {
                if let difference = difference(left[index], right[index], at: "\(path)[\(index)]") { return difference }
            }
            return nil
        default:
            return expected == actual ? nil : "\(path): expected \(expected), got \(actual)"
        }
    }

    private mutating func member(_ key: String, _ expected: Value, _ actual: Value, at path: String) -> String? {
        switch key {
        case "phx_ref", "phx_ref_prev":
            guard let one = expected.string, let other = actual.string else { return "\(path): expected a reference" }
            if let known = references[one] { return known == other ? nil : "\(path): expected \(known), got \(other)" }
            guard !references.values.contains(other) else { return "\(path): the reference \(other) came before" }
            references[one] = other
            return nil
        case "online_at", "port":
            return actual.integer == nil ? "\(path): expected a number" : nil
        case "id":
            return expected.string.map { $0.hasPrefix("sock:") && actual.string?.hasPrefix("sock:") == true } == true
                ? nil : difference(expected, actual, at: path)
        default:
            return difference(expected, actual, at: path)
        }
    }
}
