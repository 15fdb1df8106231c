import PhoenixJSON
import PhoenixKit

/// Uses what came of hostile input.
enum Exercise {
    /// Reads everything that a message offers, and answers whether it holds together: a payload that was let through is
    /// sound, and what is read from it by walking is what the tree has.
    static func touch(_ message: Message) -> Bool {
        guard message.topicBytes.validatedText != nil, message.eventBytes.validatedText != nil else { return false }
        if message.payload.isBinary { return message.payload.bytes.count >= 0 }
        return agrees(message.payload)
    }

    /// Whether walking to fields and building the tree say the same of `payload`.
    static func agrees(_ payload: Payload) -> Bool {
        guard let tree = try? payload.value() else {
            return payload["a"] == nil && payload[0] == nil && payload.integer == nil && payload.double == nil
                && payload.string == nil && payload.boolean == nil && !payload.isNull
        }
        guard payload.integer == tree.integer, payload.double == tree.number, payload.string == tree.string,
            payload.boolean == tree.boolean, payload.isNull == (tree == .null)
        else { return false }
        for (key, member) in tree.object ?? [:] where (try? payload[key]?.value()) != member { return false }
        for (index, element) in (tree.array ?? []).enumerated() where (try? payload[index]?.value()) != element {
            return false
        }
        guard (try? payload.decode(Value.self)) == tree else { return false }
        return payload["no such key"] == tree["no such key"].map { _ in payload }
            && payload[tree.array?.count ?? 0] == nil && payload[-1] == nil
    }
}
